import { KafkaError } from '../errors.ts'

/** The longest string of Kafka, compact ones included: the brokers' own readers refuse longer ones. */
const MAX_STRING_BYTES = 0x7fff
// One answer of 100 MB could hold 50 million elements of a few bytes, which would become gigabytes of objects. Never
// reached by a broker: the aborted transactions of a fetch of 64 MiB are fewer, and the partitions of a cluster by far.
const MAX_ELEMENTS = 500_000

/**
 * A bounds-checked cursor over one Kafka frame. Every method throws `KAFKA_PROTOCOL` when the frame is too short or a
 * length is impossible. Strings are copies; buffers are views that live as long as the frame.
 * Source: "Protocol Primitive Types" of the Kafka protocol page.
 */
export class Reader {
  readonly #buffer: Buffer
  // Node's own reading of numbers is slower, that of 64 bits by far.
  readonly #view: DataView
  #position = 0
  /** Array elements that may still be read, in this answer and all its parts. */
  #elementsLeft = MAX_ELEMENTS

  constructor(buffer: Buffer) {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  }

  get remaining(): number {
    return this.#buffer.length - this.#position
  }

  int8(): number {
    return this.#view.getInt8(this.#advance(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2))
  }

  /** The next four bytes, which stay to be read. */
  peekInt32(): number {
    const value = this.int32()
    this.#position -= 4
    return value
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** 16 bytes as 32 lower-case hex digits. */
  uuid(): string {
    const start = this.#advance(16)
    return this.#buffer.toString('hex', start, start + 16)
  }

  /** Passes over bytes. */
  skip(length: number): void {
    this.#advance(length)
  }

  /** An unsigned 32-bit base-128 number. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.#advance(1))
      value += (byte & 0x7f) * 2 ** shift
      if ((byte & 0x80) === 0) {
        if (value > 0xffffffff) break
        return value
      }
    }
    throw malformed('a varint is longer than 32 bits')
  }

  /** `flexible` chooses COMPACT_NULLABLE_STRING over NULLABLE_STRING. */
  nullableString(flexible: boolean): string | null {
    const length = flexible ? this.uvarint() - 1 : this.int16()
    if (length === -1) return null
    if (length > MAX_STRING_BYTES) throw malformed(`a string claims ${length} bytes`)
    const start = this.#advance(length)
    return this.#buffer.toString('utf8', start, start + length)
  }

  string(flexible: boolean): string {
    const value = this.nullableString(flexible)
    if (value === null) throw malformed('a string is null')
    return value
  }

  /** BYTES, RECORDS or their compact forms; null reads as null. A view. */
  nullableBytes(flexible: boolean): Buffer | null {
    const length = flexible ? this.uvarint() - 1 : this.int32()
    if (length === -1) return null
    const start = this.#advance(length)
    return this.#buffer.subarray(start, start + length)
  }

  bytes(flexible: boolean): Buffer {
    const value = this.nullableBytes(flexible)
    if (value === null) throw malformed('a byte field is null')
    return value
  }

  /**
   * An array; null reads as an empty one. Its count is checked against the bytes left, at `minBytes` an element, and
   * against what one answer may have, before anything is allocated.
   */
  array<T>(flexible: boolean, minBytes: number, item: (reader: Reader) => T): T[] {
    const count = this.arrayLength(flexible, minBytes)
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(item(this))
    return items
  }

  /** Passes over an array of INT32. */
  skipInt32Array(flexible: boolean): void {
    this.#advance(this.arrayLength(flexible, 4) * 4)
  }

  /** The tagged fields of a flexible version; `take` may read a field, the rest of which is passed over. KIP-482. */
  taggedFields(take?: (tag: number, field: Reader) => void): void {
    const count = this.uvarint()
    for (let index = 0; index < count; index++) {
      const tag = this.uvarint()
      const length = this.uvarint()
      const start = this.#advance(length)
      if (take === undefined) continue
      const field = new Reader(this.#buffer.subarray(start, start + length))
      field.#elementsLeft = this.#elementsLeft
      take(tag, field)
      this.#elementsLeft = field.#elementsLeft
    }
  }

  /** The count of an array, for who reads its elements; checked as `array` says. */
  arrayLength(flexible: boolean, minBytes: number): number {
    const count = flexible ? this.uvarint() - 1 : this.int32()
    if (count === -1) return 0
    if (count < 0 || count * minBytes > this.remaining) throw malformed(`an array claims ${count} elements`)
    if (count > this.#elementsLeft) throw malformed(`its arrays have more than ${MAX_ELEMENTS} elements`)
    this.#elementsLeft -= count
    return count
  }

  #advance(length: number): number {
    const start = this.#position
    if (length < 0 || length > this.#buffer.length - start) throw malformed('a field is longer than its frame')
    this.#position = start + length
    return start
  }
}

function malformed(what: string): KafkaError {
  return new KafkaError('KAFKA_PROTOCOL', `malformed answer: ${what}`)
}
