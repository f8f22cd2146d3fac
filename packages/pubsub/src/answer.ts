const encodedBrand = Symbol.for('sluice.pubsub.encoded')

/** The bytes of an answer, encoded by the scheme. */
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

/** An answer that is already encoded, made by {@link encoded}. */
export interface EncodedAnswer<Name extends string = string> extends EncodedBody {
  readonly [encodedBrand]: true
  /** Field of `PubSubResp`. */
  readonly name: Name
}

/** Answers a command with bytes instead of a message. `name` is the field of `PubSubResp`. */
export function encoded<const Name extends string>(name: Name, body: EncodedBody): EncodedAnswer<Name> {
  return {
    [encodedBrand]: true,
    name,
    chunks: body.chunks,
    byteLength: body.byteLength,
    headroom: body.headroom ?? 0,
    release: () => body.release(),
  }
}

/** Whether an answer was made by {@link encoded}, by whichever copy of this package. */
export function isEncoded(answer: object): answer is EncodedAnswer {
  return encodedBrand in answer
}
