import { type EncodedBody, isEncoded } from './answer.ts'
import type { Codec } from './codec.ts'
import type { JsonWriter } from './json/json-writer.ts'

/** An answer ready to be sent, its sequence not yet in front. */
export interface Outgoing {
  readonly sequence: bigint
  readonly isText: boolean
  /** Field of PubSubResp. */
  readonly name: string
  readonly body: EncodedBody
}

/** The body of an answer, and its field in PubSubResp. */
export interface NamedBody {
  readonly name: string
  readonly body: EncodedBody
}

/** What goes to the socket for one answer. */
export interface OutgoingFrame {
  readonly head: Buffer
  readonly chunks: readonly Buffer[]
  readonly byteLength: number
}

/** The body of what a handler gave: bytes as they are, a message encoded. Throws TypeError where it is neither. */
export function toBody(codec: Codec, answer: object): NamedBody {
  if (isEncoded(answer)) {
    if (!answer.claim()) throw new TypeError('an encoded answer was given twice: make one for each command')
    if (!codec.responses.has(answer.name)) {
      answer.release()
      throw new TypeError(`PubSubResp has no field ${answer.name}`)
    }
    return { name: answer.name, body: answer }
  }
  const [name, ...others] = Object.keys(answer)
  if (name === undefined || others.length > 0) throw new TypeError('an answer sets exactly one field of PubSubResp')
  const message: unknown = Reflect.get(answer, name)
  if (typeof message !== 'object' || message === null) throw new TypeError(`${name} is not a message`)
  return { name, body: ownedBody(codec.encodeResponse(name, message)) }
}

/** A body in memory of its own, with nothing to release. */
export function ownedBody(bytes: Buffer): EncodedBody {
  return { chunks: [bytes], byteLength: bytes.length, release: () => {} }
}

/** Below this many bytes the socket copies the pieces of a frame into one, so that they need not be joined before. */
const joinFrom = 16 * 1024

/** Puts the envelope in front of a body: into its headroom, else as a piece of its own. */
export function toFrame(codec: Codec, outgoing: Outgoing): OutgoingFrame {
  const { body, name, sequence } = outgoing
  const head = codec.envelopeHead(sequence, name, body.byteLength)
  const byteLength = head.length + body.byteLength
  const first = body.chunks[0]
  if (
    byteLength >= joinFrom &&
    first !== undefined &&
    body.chunks.length === 1 &&
    (body.headroom ?? 0) >= head.length
  ) {
    const whole = Buffer.from(first.buffer, first.byteOffset - head.length, byteLength)
    whole.set(head)
    return { head: whole, chunks: [], byteLength }
  }
  return { head, chunks: body.chunks, byteLength }
}

/** The JSON text of an answer, for a client that asked in JSON; in pieces, each made at the call for it. */
export function* textPieces(
  codec: Codec,
  writer: JsonWriter,
  { body, name, sequence }: Outgoing,
): Generator<Buffer, Buffer, void> {
  const type = codec.responses.get(name)
  let text = `{"sequence":"${sequence}","${name}":`
  if (type === undefined) return Buffer.from(`${text}{}}`)
  const pieces = writer.pieces(type, Buffer.concat(body.chunks, body.byteLength))
  for (let piece = pieces.next(); ; piece = pieces.next()) {
    text += piece.value
    if (piece.done === true) return Buffer.from(`${text}}`)
    yield Buffer.from(text)
    text = ''
  }
}
