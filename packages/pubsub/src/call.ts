/** What a command handler gets besides the message. @public */
export interface Call {
  /** The client's, echoed in the answer. */
  readonly sequence: bigint
  /** When the command is answered with PUBSUB_COMMAND_TIMED_OUT, in milliseconds of `performance.now()`. */
  readonly deadline: number
  /** Aborted when the deadline has passed or the socket is gone. */
  readonly signal: AbortSignal
  /**
   * Calls back when `signal` is or would be aborted, with its reason; at once where that has happened. For commands by the
   * thousand: a signal costs more than the rest of a small command.
   */
  onAbort(listener: (reason: Error) => void): void
  /**
   * Asks for room in the client's output queue for an answer of up to `bytes`; gives how many the answer should hold, at
   * least 65,536 or `bytes`, whichever is less. What a command takes beyond that slows its own client only.
   */
  reserve(bytes: number): number
}

/** The least that {@link Call.reserve} grants, in bytes. */
export const leastGrant = 64 * 1024

/** A command at work. The abort controller is made only if the handler looks at the signal. */
export class RunningCall implements Call {
  readonly sequence: bigint
  readonly deadline: number
  #controller: AbortController | undefined
  #aborted: Error | undefined
  #onAbort: ((reason: Error) => void) | undefined
  #granted = 0
  readonly #grant: (bytes: number) => number

  constructor(sequence: bigint, deadline: number, grant: (bytes: number) => number) {
    this.sequence = sequence
    this.deadline = deadline
    this.#grant = grant
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted !== undefined) this.#controller.abort(this.#aborted)
    return this.#controller.signal
  }

  onAbort(listener: (reason: Error) => void): void {
    if (this.#aborted !== undefined) {
      listener(this.#aborted)
      return
    }
    const before = this.#onAbort
    this.#onAbort =
      before === undefined
        ? listener
        : (reason) => {
            before(reason)
            listener(reason)
          }
  }

  /** Bytes of the output queue that the command holds. */
  get granted(): number {
    return this.#granted
  }

  reserve(bytes: number): number {
    const granted = this.#grant(bytes)
    this.#granted += granted
    return granted
  }

  abort(reason: Error): void {
    if (this.#aborted !== undefined) return
    this.#aborted = reason
    this.#controller?.abort(reason)
    this.#onAbort?.(reason)
  }
}
