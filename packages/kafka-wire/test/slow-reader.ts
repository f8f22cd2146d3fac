/** What the slow decoder throws at bytes that no reader may believe. */
export class Refused extends Error {}

/** Refuses unless the condition holds. */
export const check: (condition: boolean) => asserts condition = (condition) => {
  if (!condition) throw new Refused()
}

/** Reads one thing after the other, with BigInt throughout, and refuses what is not there. */
export class SlowReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Buffer {
    check(length >= 0 && length <= this.left)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  uvarint(bits: 32 | 64): bigint {
    let raw = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1).readUInt8()
      raw |= BigInt(byte & 0x7f) << shift
      check(raw < 2n ** BigInt(bits) && shift < BigInt(bits))
      if (byte < 0x80) return raw
    }
  }

  varint(bits: 32 | 64): bigint {
    const raw = this.uvarint(bits)
    return raw % 2n === 0n ? raw / 2n : -(raw + 1n) / 2n
  }

  /** Bytes after their length; -1 is null. */
  bytes(): Buffer | null {
    const length = Number(this.varint(32))
    check(length >= -1)
    return length === -1 ? null : this.take(length)
  }
}
