/** Appends big-endian fields, and fills in a length once it is known. */
export class Writer {
  #buffer = Buffer.allocUnsafe(256)
  #length = 0

  int8(value: number): this {
    this.#length = this.#room(1).writeInt8(value, this.#length)
    return this
  }

  int16(value: number): this {
    this.#length = this.#room(2).writeInt16BE(value, this.#length)
    return this
  }

  int32(value: number): this {
    this.#length = this.#room(4).writeInt32BE(value, this.#length)
    return this
  }

  uint32(value: number): this {
    this.#length = this.#room(4).writeUInt32BE(value, this.#length)
    return this
  }

  /** A 64-bit integer, exact up to 2^53. */
  int64(value: number): this {
    return this.int32(Math.floor(value / 2 ** 32)).uint32(
      value % 2 ** 32 < 0 ? (value % 2 ** 32) + 2 ** 32 : value % 2 ** 32,
    )
  }

  /** A zigzag varint of 32 bits. */
  varint(value: number): this {
    let left = ((value << 1) ^ (value >> 31)) >>> 0
    while (left > 0x7f) {
      this.#byte((left & 0x7f) | 0x80)
      left >>>= 7
    }
    return this.#byte(left)
  }

  string(value: string): this {
    const bytes = Buffer.from(value)
    return this.int16(bytes.length).bytes(bytes)
  }

  bytes(value: Uint8Array): this {
    this.#room(value.length).set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** What was written, as a view. */
  toBuffer(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #byte(value: number): this {
    this.#length = this.#room(1).writeUInt8(value, this.#length)
    return this
  }

  #room(bytes: number): Buffer {
    if (this.#length + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + bytes))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    return this.#buffer
  }
}
