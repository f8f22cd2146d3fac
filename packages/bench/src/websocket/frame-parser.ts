// Memory for messages, which parsers take for as long as one comes in and then leave to the next: a parser that waits needs
// none.
const spareMemory: Buffer[] = []
const NO_MEMORY: Buffer = Buffer.alloc(0)
const LEAST_BYTES = 64 * 1024

const CLOSE = 8
const PING = 9
const PONG = 10

/** What a {@link FrameParser} finds. */
export interface FrameEvents {
  /** A whole message; a view that is valid only during the call. */
  onMessage(message: Buffer): void
  onPing(payload: Buffer): void
  onClose(code: number, reason: string): void
}

/**
 * Takes a server's side of a WebSocket apart (RFC 6455, section 5.2): frames without mask or extension, fragments joined.
 * Messages are gathered in memory that is used again and again, by all parsers.
 */
export class FrameParser {
  readonly #events: FrameEvents
  readonly #header = Buffer.alloc(10)
  #headerFilled = 0
  #message: Buffer = NO_MEMORY
  #messageFilled = 0
  /** Bytes of the current frame's payload still to come. */
  #payloadLeft = 0
  #opcode = 0
  #isLast = false
  #control = Buffer.alloc(0)

  constructor(events: FrameEvents) {
    this.#events = events
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#payloadLeft === 0) {
        at = this.#readHeader(chunk, at)
      } else {
        const taken = Math.min(this.#payloadLeft, chunk.length - at)
        this.#readPayload(chunk, at, at + taken)
        at += taken
      }
    }
  }

  #readHeader(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && this.#headerFilled < this.#headerLength()) {
      this.#header[this.#headerFilled++] = chunk[at++] ?? 0
    }
    if (this.#headerFilled === this.#headerLength()) this.#begin()
    return at
  }

  #headerLength(): number {
    if (this.#headerFilled < 2) return 2
    const short = this.#header.readUInt8(1) & 0x7f
    if (short === 126) return 4
    return short === 127 ? 10 : 2
  }

  #begin(): void {
    const first = this.#header.readUInt8(0)
    if ((first & 0x70) !== 0) throw new Error('the gateway uses a WebSocket extension that was not asked for')
    const short = this.#header.readUInt8(1)
    this.#payloadLeft =
      short < 126 ? short : short === 126 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2))
    this.#headerFilled = 0
    this.#isLast = (first & 0x80) !== 0
    this.#opcode = first & 0x0f
    if (this.#isControl()) this.#control = Buffer.alloc(0)
    else this.#reserve(this.#messageFilled + this.#payloadLeft)
    if (this.#payloadLeft === 0) this.#ended()
  }

  #readPayload(chunk: Buffer, start: number, end: number): void {
    if (this.#isControl()) {
      this.#control = Buffer.concat([this.#control, chunk.subarray(start, end)])
    } else {
      chunk.copy(this.#message, this.#messageFilled, start, end)
      this.#messageFilled += end - start
    }
    this.#payloadLeft -= end - start
    if (this.#payloadLeft === 0) this.#ended()
  }

  #isControl(): boolean {
    return this.#opcode >= CLOSE
  }

  #ended(): void {
    if (this.#opcode === PING) this.#events.onPing(this.#control)
    else if (this.#opcode === CLOSE) this.#closed()
    else if (this.#opcode !== PONG && this.#isLast) {
      const memory = this.#message
      const message = memory.subarray(0, this.#messageFilled)
      this.#messageFilled = 0
      this.#message = NO_MEMORY
      this.#events.onMessage(message)
      if (memory !== NO_MEMORY) spareMemory.push(memory)
    }
  }

  #closed(): void {
    const code = this.#control.length < 2 ? 1005 : this.#control.readUInt16BE(0)
    this.#events.onClose(code, this.#control.toString('utf8', 2))
  }

  #reserve(bytes: number): void {
    if (this.#message === NO_MEMORY) this.#message = spareMemory.pop() ?? NO_MEMORY
    if (bytes <= this.#message.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * bytes))
    this.#message.copy(larger, 0, 0, this.#messageFilled)
    this.#message = larger
  }
}
