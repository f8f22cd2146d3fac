import { KafkaError } from './errors.ts'

/** What bounds a command. */
export interface CommandOptions {
  /** Absolute end in milliseconds on the clock of `performance.now()`. */
  readonly deadline: number
  /** What the deadline was in words, for the message of KAFKA_TIMEOUT. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** On whose behalf; by default nobody has asked for another command. */
  readonly asker?: object | undefined
  /** Another way to be given up, cheaper than a signal: gets what gives the command up. */
  readonly onAbort?: ((giveUp: () => void) => void) | undefined
}

/** Who waits for something on behalf of a command. */
export interface Waiter {
  cancelled(error: KafkaError): void
}

/**
 * One command on its way through the cluster: a single deadline, which its {@link CommandSet} watches, and a single abort
 * listener bound every wait it makes.
 */
export class Command {
  readonly deadline: number
  /** Commands of one asker queue behind each other; those of others have their turns. */
  readonly asker: object
  /** Among the commands of its {@link CommandSet}, which keeps it. */
  place = -1
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #giveUp = (): void => this.cancel(new KafkaError('KAFKA_ABORTED', 'the command was aborted'))
  #waiters: Waiter[] = []
  #finished = false
  #error: KafkaError | undefined
  #waitingFor = 'a broker'
  #lastFailure: KafkaError | undefined

  constructor(options: CommandOptions) {
    this.deadline = options.deadline
    this.asker = options.asker ?? this
    this.#timeoutMs = options.timeoutMs
    this.#signal = options.signal
    if (this.#signal?.aborted) this.#giveUp()
    else if (this.timeLeft === 0) this.expire()
    else {
      this.#signal?.addEventListener('abort', this.#giveUp, { once: true })
      options.onAbort?.(this.#giveUp)
    }
  }

  /** Milliseconds until the deadline, 0 when it has passed. */
  get timeLeft(): number {
    return Math.max(0, this.deadline - performance.now())
  }

  /** Why the command is over (KAFKA_TIMEOUT, KAFKA_ABORTED, KAFKA_CLOSED); undefined while it may go on. */
  get error(): KafkaError | undefined {
    return this.#error
  }

  /** Says what the command waits for from now on; the message of KAFKA_TIMEOUT repeats it. */
  waitsFor(what: string): void {
    this.#waitingFor = what
  }

  /** Remembers a failure that is retried; KAFKA_TIMEOUT carries the last one. */
  failedWith(error: KafkaError): void {
    this.#lastFailure = error
  }

  /** Calls back once when the command is cancelled; the answer takes the listener away. */
  onCancel(listener: (error: KafkaError) => void): () => void {
    const waiter = { cancelled: listener }
    this.join(waiter)
    return () => this.leave(waiter)
  }

  /** As `onCancel`, for who has an object at hand: tells it once when the command is cancelled, unless it leaves before. */
  join(waiter: Waiter): void {
    if (this.#error === undefined) this.#waiters.push(waiter)
    else waiter.cancelled(this.#error)
  }

  leave(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter)
    if (index !== -1) this.#waiters.splice(index, 1)
  }

  /** Ends every wait of the command with this error. */
  cancel(error: KafkaError): void {
    if (this.#error !== undefined || this.#finished) return
    this.#error = error
    this.finish()
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.cancelled(error)
  }

  /** The promise's result, or the reason for which the command ended before it. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = this.onCancel(reject)
      promise.then(resolve, reject).finally(leave)
    })
  }

  /** Waits, at most until the command ends. */
  sleep(ms: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error)
      const timer = setTimeout(() => {
        leave()
        resolve()
      }, ms)
      const leave = this.onCancel((error) => {
        clearTimeout(timer)
        reject(error)
      })
    })
  }

  /** Ends what may cancel the command, and frees the abort listener. */
  finish(): void {
    this.#finished = true
    this.#signal?.removeEventListener('abort', this.#giveUp)
  }

  /** Cancels the command as its deadline does. */
  expire(): void {
    const last = this.#lastFailure
    const after = last === undefined ? '' : `; before that: ${last.message}`
    this.cancel(
      new KafkaError(
        'KAFKA_TIMEOUT',
        `no answer within ${this.#timeoutMs} ms, waiting for ${this.#waitingFor}${after}`,
        {
          broker: last?.broker,
          cause: last,
        },
      ),
    )
  }
}
