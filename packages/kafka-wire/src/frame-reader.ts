import { KafkaError } from './errors.ts'
import type { Slab, SlabPool } from './slab-pool.ts'

const LEAST_ROOM = 64 * 1024
// Room for each byte that has come. So large that a fetch of usual size is copied once at most, after its first piece.
const ROOM_RATIO = 64

/** What a {@link FrameReader} needs. */
export interface FrameReaderOptions {
  /** Lends the memory of frames that span several reads. */
  readonly pool: SlabPool
  /** Largest frame taken, in bytes. */
  readonly maxFrameBytes: number
  /** Gets each frame without its length; it is valid only during the call. */
  readonly onFrame: (frame: Buffer) => void
}

/**
 * Splits a byte stream into frames (INT32 length, then that many bytes). A frame that lies in one chunk is a view of
 * it; a longer one is gathered in a pooled buffer that is reused after the call. That buffer follows the bytes that have
 * come, not the length that is claimed: four bytes must not make the gateway hold 100 MB.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions
  #header = Buffer.alloc(4)
  #headerFilled = 0
  #frame: Slab | undefined
  #frameLength = 0
  #frameFilled = 0
  #closed = false

  constructor(options: FrameReaderOptions) {
    this.#options = options
  }

  /** Takes the next bytes. Throws KAFKA_PROTOCOL when a length is impossible; the stream is unusable after that. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#closed) {
      at = this.#frame === undefined ? this.#startFrame(chunk, at) : this.#continueFrame(this.#frame, chunk, at)
    }
  }

  /** Gives back the buffer of an unfinished frame and ignores what comes after. */
  close(): void {
    this.#closed = true
    if (this.#frame !== undefined) this.#options.pool.release(this.#frame)
    this.#frame = undefined
  }

  #startFrame(chunk: Buffer, from: number): number {
    // Nearly always the whole length is there.
    if (this.#headerFilled === 0 && chunk.length - from >= 4)
      return this.#beginBody(chunk, from + 4, chunk.readInt32BE(from))
    const at = from + chunk.copy(this.#header, this.#headerFilled, from, from + 4 - this.#headerFilled)
    this.#headerFilled += at - from
    if (this.#headerFilled < 4) return at
    this.#headerFilled = 0
    return this.#beginBody(chunk, at, this.#header.readInt32BE(0))
  }

  #beginBody(chunk: Buffer, at: number, length: number): number {
    if (length < 4 || length > this.#options.maxFrameBytes) throw impossible(length, this.#options.maxFrameBytes)
    if (at + length <= chunk.length) {
      this.#options.onFrame(chunk.subarray(at, at + length))
      return at + length
    }
    this.#frameLength = length
    this.#frameFilled = 0
    this.#frame = this.#options.pool.acquire(this.#roomFor(chunk.length - at))
    return at
  }

  #continueFrame(begun: Slab, chunk: Buffer, from: number): number {
    const at = Math.min(chunk.length, from + this.#frameLength - this.#frameFilled)
    const filled = this.#frameFilled + at - from
    const frame = filled > begun.buffer.length ? this.#grow(begun, filled) : begun
    chunk.copy(frame.buffer, this.#frameFilled, from, at)
    this.#frameFilled = filled
    if (this.#frameFilled < this.#frameLength) return at
    this.#frame = undefined
    try {
      this.#options.onFrame(frame.buffer.subarray(0, this.#frameLength))
    } finally {
      this.#options.pool.release(frame)
    }
    return at
  }

  /** Moves the bytes that have come to a buffer with room for more. */
  #grow(small: Slab, filled: number): Slab {
    const large = this.#options.pool.acquire(this.#roomFor(filled))
    small.buffer.copy(large.buffer, 0, 0, this.#frameFilled)
    this.#frame = large
    this.#options.pool.release(small)
    return large
  }

  #roomFor(filled: number): number {
    return Math.min(this.#frameLength, Math.max(LEAST_ROOM, filled * ROOM_RATIO))
  }
}

function impossible(length: number, limit: number): KafkaError {
  return new KafkaError('KAFKA_PROTOCOL', `malformed answer: a frame of ${length} bytes (at most ${limit} are taken)`)
}
