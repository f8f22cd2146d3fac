const encodedBrand = Symbol.for('sluice.pubsub.encoded')

/** The bytes of an answer, encoded by the scheme. @public */
export interface EncodedBody {
  /** The inner message only: the core writes field, length and sequence in front. */
  readonly chunks: readonly Buffer[]
  /** Sum of the chunks, in bytes; counts in the client's output queue. */
  readonly byteLength: number
  /**
   * Bytes in front of `chunks[0]`, in the same ArrayBuffer, that the core may write over, so that one contiguous frame goes
   * out. Only for a body that no other client gets. Default 0.
   */
  readonly headroom?: number
  /** Called exactly once, when the bytes are sent, dropped, or the socket is closed. */
  release(): void
}

/** An answer that is already encoded, made by {@link encoded}. @public */
export interface EncodedAnswer<Name extends string = string> extends EncodedBody {
  readonly [encodedBrand]: true
  /** Field of `PubSubResp`. */
  readonly name: Name
  /** Notes that it answers a command; false where it has answered one already, for its bytes are released once. */
  claim(): boolean
}

/** A class, for answers come by the ten thousand a second. */
class Encoded<Name extends string> implements EncodedAnswer<Name> {
  readonly [encodedBrand] = true
  readonly name: Name
  readonly chunks: readonly Buffer[]
  readonly byteLength: number
  readonly headroom: number
  readonly #body: EncodedBody
  #isClaimed = false

  constructor(name: Name, body: EncodedBody) {
    this.name = name
    this.chunks = body.chunks
    this.byteLength = body.byteLength
    this.headroom = body.headroom ?? 0
    this.#body = body
  }

  release(): void {
    this.#body.release()
  }

  claim(): boolean {
    const isFirst = !this.#isClaimed
    this.#isClaimed = true
    return isFirst
  }
}

/** Answers a command with bytes instead of a message. `name` is the field of `PubSubResp`. @public */
export function encoded<const Name extends string>(name: Name, body: EncodedBody): EncodedAnswer<Name> {
  return new Encoded(name, body)
}

/** Whether an answer was made by {@link encoded}, by whichever copy of this package. */
export function isEncoded(answer: object): answer is EncodedAnswer {
  return encodedBrand in answer
}
