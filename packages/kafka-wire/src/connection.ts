import type { Duplex } from 'node:stream'
import { type ApiRequest, encodeRequest } from './api-request.ts'
import type { Command, Waiter } from './command.ts'
import { type CloseSuspicion, disconnectError } from './disconnect-error.ts'
import { KafkaError } from './errors.ts'
import { FrameReader } from './frame-reader.ts'
import { Reader } from './primitives/reader.ts'
import type { SlabPool } from './slab-pool.ts'
import { refuseTlsAlert } from './tls-alert.ts'

/** What a {@link KafkaConnection} needs. */
export interface ConnectionOptions {
  /** The broker as `host:port`, for messages. */
  readonly broker: string
  readonly clientId: string
  readonly pool: SlabPool
  readonly maxFrameBytes: number
  /** Requests sent and not answered yet; more wait their turn. */
  readonly maxInFlight: number
  /** The connection is given up when no byte comes for so long while an answer is due, in milliseconds. */
  readonly stallTimeoutMs: number
  /** PEM of the certificate that the broker was shown, for messages. */
  readonly clientCertificate?: string | undefined
  /** Called for each request that is sent, with the name of its API; must not throw. */
  readonly onRequest?: ((apiName: string) => void) | undefined
}

/** No broker can hold requests back for longer; commands have their deadlines besides. */
const LONGEST_THROTTLE_MS = 60_000

/** A request that is not answered. A class, for requests come by the ten thousand a second, and closures cost more. */
class Pending<T> implements Waiter {
  readonly request: ApiRequest<T | Promise<T>>
  readonly correlationId: number
  readonly frame: Buffer
  /** Set once the caller has its result; the answer is then read and dropped. */
  settled = false
  readonly #command: Command
  readonly #resolve: (result: T | Promise<T>) => void
  readonly #reject: (error: KafkaError) => void
  readonly #onCancelled: (pending: PendingRequest) => void

  constructor(
    request: ApiRequest<T | Promise<T>>,
    correlationId: number,
    frame: Buffer,
    command: Command,
    resolve: (result: T | Promise<T>) => void,
    reject: (error: KafkaError) => void,
    onCancelled: (pending: PendingRequest) => void,
  ) {
    this.request = request
    this.correlationId = correlationId
    this.frame = frame
    this.#command = command
    this.#resolve = resolve
    this.#reject = reject
    this.#onCancelled = onCancelled
    command.join(this)
  }

  succeed(reader: Reader): void {
    this.#command.leave(this)
    this.settled = true
    this.#resolve(this.request.read(reader))
  }

  fail(error: KafkaError): void {
    this.#command.leave(this)
    this.settled = true
    this.#reject(error)
  }

  cancelled(error: KafkaError): void {
    this.fail(error)
    this.#onCancelled(this)
  }
}

type PendingRequest = Pick<Pending<unknown>, 'request' | 'correlationId' | 'frame' | 'settled' | 'succeed' | 'fail'>

/**
 * One framed connection to one broker. Requests are pipelined; the broker answers them in order. Its own end fails all
 * requests with an error that is retriable where a new connection may do better.
 */
export class KafkaConnection {
  readonly broker: string
  /** Resolves when its socket is gone. */
  readonly gone: Promise<void>
  readonly #stream: Duplex
  readonly #options: ConnectionOptions
  readonly #frames: FrameReader
  readonly #inFlight: PendingRequest[] = []
  readonly #queue: PendingRequest[] = []
  readonly #closeListeners: ((error: KafkaError | undefined) => void)[] = []
  readonly #quietListeners: (() => void)[] = []
  readonly #onCancelled = (pending: PendingRequest): void => {
    const index = this.#queue.indexOf(pending)
    if (index !== -1) this.#queue.splice(index, 1)
  }
  readonly #uncork = (): void => this.#stream.uncork()
  #nextCorrelationId = 0
  #answered = 0
  #suspicion: CloseSuspicion | undefined
  #stallTimer: NodeJS.Timeout | undefined
  #stallTimerAt = Number.POSITIVE_INFINITY
  #lastActivity = 0
  #stalled = false
  /** Until when the broker does not read, on the clock of `performance.now()`; 0 when it does. */
  #throttledUntil = 0
  #throttleTimer: NodeJS.Timeout | undefined
  #held = false
  #retired = false
  #closed = false

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.broker = options.broker
    this.#stream = stream
    this.#options = options
    this.#frames = new FrameReader({
      pool: options.pool,
      maxFrameBytes: options.maxFrameBytes,
      onFrame: (frame) => this.#onFrame(frame),
    })
    stream.on('data', (chunk: Buffer) => this.receive(chunk))
    stream.on('error', (error) => this.#disconnected(error))
    stream.on('end', () => this.#disconnected())
    stream.on('close', () => this.#disconnected())
    this.gone = new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)))
    if (stream.destroyed) this.#disconnected()
  }

  /** Whether it ended because the broker was silent. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** Whether it takes requests. */
  get open(): boolean {
    return !this.#closed && !this.#retired
  }

  /** Whether the broker does not read for the time being, as it has said. */
  get throttled(): boolean {
    return this.#throttledUntil !== 0
  }

  /** Requests sent or waiting, those given up by their callers included until the broker has answered them. */
  get requestsInFlight(): number {
    return this.#inFlight.length + this.#queue.length
  }

  /** What an end of the connection before the next answer would most likely mean. */
  suspect(suspicion: CloseSuspicion | undefined): void {
    this.#suspicion = suspicion
  }

  /** Calls back once, when the connection has ended; with the reason unless `close` was called. */
  onClose(listener: (error: KafkaError | undefined) => void): void {
    this.#closeListeners.push(listener)
  }

  /**
   * Sends a request and resolves with what its `read` makes of the answer, at once when the answer is there unless that is
   * a promise.
   * Rejects with the command's own error when it ends first; with KAFKA_DISCONNECTED (retriable) when the connection
   * does; with what `read` throws.
   */
  send<T>(request: ApiRequest<T | Promise<T>>, command: Command): Promise<T> {
    return this.#send(request, command, false)
  }

  /** As `send`, past the requests that `hold` keeps back. */
  sendHeld<T>(request: ApiRequest<T | Promise<T>>, command: Command): Promise<T> {
    return this.#send(request, command, true)
  }

  /** Keeps requests back until `resume`; those on their way are answered. */
  hold(): void {
    this.#held = true
  }

  /** Resolves when everything sent is answered and the broker reads, or the connection has ended. To be called on `hold`. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#quietListeners.push(resolve)
      this.#tellQuiet()
    })
  }

  /** Sends what was kept back. */
  resume(): void {
    this.#held = false
    if (!this.#closed) this.#flush()
  }

  /** What a command waits for that has a request sent now, in words. */
  waitingFor(apiName: string): string {
    const throttled = this.#throttledUntil === 0 ? '' : ', which throttles this client'
    return `${apiName} from broker ${this.broker}${throttled}`
  }

  #send<T>(request: ApiRequest<T | Promise<T>>, command: Command, first: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // What was taken before it was retired is still sent, and may have to wait for a new authentication.
      if (first ? this.#closed : !this.open) return reject(disconnectError(this.broker, undefined, undefined))
      command.waitsFor(this.waitingFor(request.apiName))
      if (command.error !== undefined) return reject(command.error)
      const correlationId = this.#nextCorrelationId
      const frame = encodeRequest(request, correlationId, this.#options.clientId)
      this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff
      const pending = new Pending(request, correlationId, frame, command, resolve, reject, this.#onCancelled)
      if (first) this.#write(pending)
      else {
        this.#queue.push(pending)
        this.#flush()
      }
    })
  }

  /** Takes bytes of the broker, which are not kept: the chunk may be reused after the call. */
  receive(chunk: Buffer): void {
    if (this.#closed) return
    this.#lastActivity = performance.now()
    try {
      if (this.#answered === 0) refuseTlsAlert(chunk, this.broker)
      this.#frames.push(chunk)
    } catch (error) {
      const failure = this.#blame(error)
      this.#end(failure, failure)
      return
    }
    this.#flush()
    this.#tellQuiet()
    this.#closeWhenRetired()
  }

  /** Takes no further requests and closes when those in flight are answered. */
  retire(): void {
    this.#retired = true
    this.#closeWhenRetired()
  }

  /** Closes at once; requests in flight fail with this error (KAFKA_CLOSED by default). */
  close(
    error: KafkaError = new KafkaError(
      'KAFKA_CLOSED',
      `the connection to broker ${this.broker} was closed: send the command again`,
      {
        broker: this.broker,
      },
    ),
  ): void {
    this.#end(error, undefined)
  }

  #flush(): void {
    if (this.#throttledUntil !== 0 && performance.now() < this.#throttledUntil) return
    while (!this.#held && this.#inFlight.length < this.#options.maxInFlight) {
      const pending = this.#queue.shift()
      if (pending === undefined) return
      this.#write(pending)
    }
  }

  #write(pending: PendingRequest): void {
    if (this.#inFlight.push(pending) === 1) this.#watch()
    this.#options.onRequest?.(pending.request.apiName)
    // What comes in one turn of the event loop, from however many clients, goes out with one call of the system.
    if (this.#stream.writableCorked === 0) {
      this.#stream.cork()
      setImmediate(this.#uncork)
    }
    this.#stream.write(pending.frame)
  }

  #onFrame(frame: Buffer): void {
    const reader = new Reader(frame)
    const correlationId = reader.int32()
    const pending = this.#inFlight.shift()
    if (pending === undefined || pending.correlationId !== correlationId) {
      if (pending !== undefined) this.#inFlight.unshift(pending)
      throw new KafkaError('KAFKA_PROTOCOL', 'malformed answer: it belongs to no request')
    }
    this.#answered++
    this.#suspicion = undefined
    try {
      if (pending.request.flexibleAnswerHeader) reader.taggedFields()
      if (pending.request.answersThrottle) this.#throttle(reader.peekInt32())
      if (!pending.settled) pending.succeed(reader)
    } catch (error) {
      pending.fail(this.#blame(error))
    }
  }

  /** Holds requests back while the broker does not read them: they would only fill buffers, and its time-outs. KIP-219. */
  #throttle(throttleMs: number): void {
    if (throttleMs <= 0) return
    const until = performance.now() + Math.min(throttleMs, LONGEST_THROTTLE_MS)
    if (until <= this.#throttledUntil) return
    this.#throttledUntil = until
    clearTimeout(this.#throttleTimer)
    this.#throttleTimer = setTimeout(() => {
      this.#throttledUntil = 0
      this.#lastActivity = performance.now()
      this.#flush()
      this.#tellQuiet()
    }, until - performance.now())
  }

  /** Names the broker in an error that was thrown while its bytes were read. */
  #blame(error: unknown): KafkaError {
    if (error instanceof KafkaError && error.code !== 'KAFKA_PROTOCOL') return error
    const text = error instanceof Error ? error.message : String(error)
    const doubt = this.#answered === 0 ? '; is this a Kafka broker?' : ''
    const message = `broker ${this.broker} sent a ${text}${doubt}`
    return new KafkaError('KAFKA_PROTOCOL', message, { broker: this.broker, cause: error })
  }

  /** Starts a wait for an answer. The timer of the wait before it may still run: it looks again when it fires. */
  #watch(): void {
    this.#lastActivity = performance.now()
    const stallAt = this.#lastActivity + this.#stallLimit()
    if (stallAt < this.#stallTimerAt) this.#checkStallAt(stallAt)
  }

  #checkStallAt(time: number): void {
    clearTimeout(this.#stallTimer)
    this.#stallTimerAt = time
    this.#stallTimer = setTimeout(() => this.#checkStall(), Math.max(1, time - performance.now()))
  }

  #stallLimit(): number {
    return this.#options.stallTimeoutMs + (this.#inFlight[0]?.request.holdMs ?? 0)
  }

  #checkStall(): void {
    this.#stallTimerAt = Number.POSITIVE_INFINITY
    if (this.#inFlight.length === 0) return
    // What was sent before the broker began to throttle waits there until it reads on.
    const stallAt = Math.max(this.#lastActivity, this.#throttledUntil) + this.#stallLimit()
    if (stallAt > performance.now()) this.#checkStallAt(stallAt)
    else {
      this.#stalled = true
      const message = `broker ${this.broker} has not answered for ${this.#stallLimit()} ms`
      const error = new KafkaError('KAFKA_DISCONNECTED', message, { broker: this.broker, retriable: true })
      this.#end(error, error)
    }
  }

  #tellQuiet(): void {
    if (this.#quietListeners.length === 0) return
    if (!this.#closed && (this.#inFlight.length > 0 || this.#throttledUntil !== 0)) return
    for (const listener of this.#quietListeners.splice(0)) listener()
  }

  #disconnected(cause?: Error): void {
    if (this.#closed) return
    const error = disconnectError(this.broker, this.#suspicion, cause, this.#options.clientCertificate)
    this.#end(error, error)
  }

  #closeWhenRetired(): void {
    if (this.#retired && this.requestsInFlight === 0 && !this.#closed) this.close()
  }

  #end(failure: KafkaError, reason: KafkaError | undefined): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#stallTimer)
    clearTimeout(this.#throttleTimer)
    this.#frames.close()
    this.#stream.destroy()
    for (const pending of [...this.#inFlight.splice(0), ...this.#queue.splice(0)]) {
      if (!pending.settled) pending.fail(failure)
    }
    for (const listener of this.#closeListeners.splice(0)) listener(reason)
    this.#tellQuiet()
  }
}
