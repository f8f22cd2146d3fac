import type { Codec } from './codec.ts'
import { Fifo } from './fifo.ts'
import type { BytesForms } from './json/bytes-forms.ts'
import { JsonWriter } from './json/json-writer.ts'
import { type Outgoing, textPieces } from './outgoing.ts'

/** What a session does for its text answers. */
export interface TextAnswersPort {
  readonly codec: Codec
  readonly bytesForms: BytesForms
  /** Sends an answer whose text is made. */
  sendText(outgoing: Outgoing, text: readonly Buffer[]): void
  /** Sends an answer that had to wait for a text one. */
  sendBinary(outgoing: Outgoing): void
  /** Frees an answer that will not be sent. */
  drop(outgoing: Outgoing): void
  /** Runs work that nobody calls, so that what it throws ends this one socket. */
  guard(work: () => void): void
}

/**
 * Makes the texts of a session's answers in order: a large one slice by slice, so that the event loop serves others between
 * them. What is to be sent meanwhile waits here.
 */
export class TextAnswers {
  readonly #port: TextAnswersPort
  readonly #writer: JsonWriter
  readonly #held = new Fifo<Outgoing>()
  #busy = false
  #closed = false

  constructor(port: TextAnswersPort) {
    this.#port = port
    this.#writer = new JsonWriter(port.bytesForms)
  }

  /** Whether a text is being made; then every answer has to come here. */
  get busy(): boolean {
    return this.#busy
  }

  /** Answers that wait here, that whose text is being made among them: to their client they are commands at work still. */
  get count(): number {
    return this.#held.size + (this.#busy ? 1 : 0)
  }

  add(outgoing: Outgoing): void {
    this.#held.push(outgoing)
    this.#run()
  }

  /** Frees what waits. The answer whose text is being made is freed when its next slice is due. */
  close(): void {
    this.#closed = true
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) this.#port.drop(next)
  }

  #run(): void {
    while (!this.#busy) {
      const next = this.#held.shift()
      if (next === undefined) return
      if (next.isText) this.#make(next, textPieces(this.#port.codec, this.#writer, next), [])
      else this.#port.sendBinary(next)
    }
  }

  /** Makes one slice, and sends the text if that was the last. */
  #make(outgoing: Outgoing, pieces: Iterator<Buffer, Buffer>, text: Buffer[]): void {
    let piece: IteratorResult<Buffer, Buffer>
    try {
      piece = pieces.next()
    } catch (error) {
      this.#port.drop(outgoing)
      throw error
    }
    text.push(piece.value)
    if (piece.done === true) {
      this.#port.sendText(outgoing, text)
      return
    }
    this.#busy = true
    setImmediate(() => {
      this.#busy = false
      if (this.#closed) this.#port.drop(outgoing)
      else this.#port.guard(() => this.#goOn(outgoing, pieces, text))
    })
  }

  #goOn(outgoing: Outgoing, pieces: Iterator<Buffer, Buffer>, text: Buffer[]): void {
    this.#make(outgoing, pieces, text)
    this.#run()
  }
}
