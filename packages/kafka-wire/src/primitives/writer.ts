const FIRST_BYTES = 256

/**
 * Builds one Kafka frame. Source: "Protocol Primitive Types" of the Kafka protocol page.
 */
export class Writer {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  // Node's own writing of numbers is slower, that of 64 bits by far.
  #view = viewOf(this.#buffer)
  #length = 0

  int8(value: number): this {
    const at = this.#reserve(1)
    this.#view.setInt8(at, value)
    return this
  }

  int16(value: number): this {
    const at = this.#reserve(2)
    this.#view.setInt16(at, value)
    return this
  }

  int32(value: number): this {
    const at = this.#reserve(4)
    this.#view.setInt32(at, value)
    return this
  }

  int64(value: bigint): this {
    const at = this.#reserve(8)
    this.#view.setBigInt64(at, value)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  /** 32 hex digits. */
  uuid(hex: string): this {
    const start = this.#reserve(16)
    if (hex.length < 32) this.#buffer.fill(0, start, start + 16)
    this.#buffer.write(hex, start, 16, 'hex')
    return this
  }

  /** An unsigned 32-bit base-128 number. */
  uvarint(value: number): this {
    let rest = value
    while (rest > 0x7f) {
      this.#uint8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    return this.#uint8(rest)
  }

  /** NULLABLE_STRING or, when `flexible`, COMPACT_NULLABLE_STRING. */
  string(value: string | null, flexible: boolean): this {
    const length = value === null ? -1 : Buffer.byteLength(value)
    if (flexible) this.uvarint(length + 1)
    else this.int16(length)
    if (value === null) return this
    const at = this.#reserve(length)
    this.#buffer.write(value, at, 'utf8')
    return this
  }

  bytes(value: Uint8Array, flexible: boolean): this {
    if (flexible) this.uvarint(value.length + 1)
    else this.int32(value.length)
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
    return this
  }

  array<T>(items: readonly T[], flexible: boolean, item: (value: T, writer: Writer) => void): this {
    if (flexible) this.uvarint(items.length + 1)
    else this.int32(items.length)
    for (const value of items) item(value, this)
    return this
  }

  /** The tagged fields of a flexible version, of which this client sends none; nothing in other versions. KIP-482. */
  noTaggedFields(flexible: boolean): this {
    return flexible ? this.uvarint(0) : this
  }

  /** What was written, as a view. */
  toBuffer(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Writes an INT32 over four bytes written before. */
  patchInt32(value: number, at: number): void {
    this.#view.setInt32(at, value)
  }

  #uint8(value: number): this {
    const at = this.#reserve(1)
    this.#view.setUint8(at, value)
    return this
  }

  /** Makes room, perhaps in a larger buffer: `#buffer` must be read after it. */
  #reserve(bytes: number): number {
    const start = this.#length
    const needed = start + bytes
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, start)
      this.#buffer = larger
      this.#view = viewOf(larger)
    }
    this.#length = needed
    return start
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
