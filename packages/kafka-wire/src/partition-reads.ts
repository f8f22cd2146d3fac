import { BodyCache, type CachedBody, type CachePlace } from './body-cache.ts'
import { brokerName } from './broker-name.ts'
import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import { toPartitionAnswer } from './fetch-outcome.ts'
import { createFetchQueue, type FetchQueue } from './fetch-queue.ts'
import type { ListOffsetsQuestion } from './messages/list-offsets.ts'
import { createOffsetQueue, type OffsetAnswer, type OffsetQueue } from './offset-queue.ts'
import type { BrokerTarget, ReadyConnection } from './open-connection.ts'
import { type FetcherOptions, sendFetch } from './partition-fetcher.ts'
import type { PartitionAnswer, PartitionRead } from './shared-read.ts'
import { Tail } from './tail.ts'

/** What {@link PartitionReads} needs. */
export interface PartitionReadsOptions extends FetcherOptions {
  readonly pool: BrokerPool
  /** How long opening a connection may take, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Silence after which a connection is given up, in milliseconds. */
  readonly stallTimeoutMs: number
  /** Makes the command of a request that several commands share; the deadline is on the clock of `performance.now()`. */
  begin(deadline: number): Command
  end(command: Command): void
  /** Bytes of bodies that are kept for others who read the same; 0 keeps none. */
  readonly maxCacheBytes: number
  /** Told of each read that found a body: whether it still held. */
  readonly onCacheRead?: ((holds: boolean) => void) | undefined
}

/** What is asked on one connection, and answered at once. */
interface Queues {
  readonly fetches: FetchQueue
  readonly offsets: OffsetQueue
}

/** Reads of partitions from the brokers of a cluster, shared by all its commands. */
export class PartitionReads {
  readonly #options: PartitionReadsOptions
  readonly #queues = new WeakMap<ReadyConnection, Queues>()
  readonly #tails = new Map<string, Tail>()
  /** The same by the object that names the broker, which spares making the name. */
  readonly #tailsByTarget = new WeakMap<BrokerTarget, Tail>()

  readonly #cache: BodyCache

  constructor(options: PartitionReadsOptions) {
    this.#options = options
    this.#cache = new BodyCache({ maxBytes: options.maxCacheBytes })
  }

  /** Bytes that are kept for others who read the same. */
  get cachedBytes(): number {
    return this.#cache.bytes
  }

  /** What the broker has at the offset now, or a copy that it says still holds; opens the connection if need be. */
  now(target: BrokerTarget, read: PartitionRead, command: Command): Promise<PartitionAnswer> {
    const place = this.#cache.look(read)
    if (place === undefined) return this.#ask(target, read, command)
    if (place.body !== undefined) return this.#confirmed(place, place.body, target, read, command)
    return this.#kept(place, target, read, command)
  }

  async #confirmed(
    place: CachePlace,
    body: CachedBody,
    target: BrokerTarget,
    read: PartitionRead,
    command: Command,
  ): Promise<PartitionAnswer> {
    const { broker, header, records } = await this.#ask(target, this.#cache.confirmation(read), command)
    records?.release()
    const holds = this.#cache.holds(read, body, header)
    this.#options.onCacheRead?.(holds)
    if (holds) return { broker, header, records: { ...body, headroom: 0, release: () => {} } }
    this.#cache.drop(read)
    return this.#kept(place, target, read, command)
  }

  #kept(place: CachePlace, target: BrokerTarget, read: PartitionRead, command: Command): Promise<PartitionAnswer> {
    return this.#ask(target, read, command).then((answer) => {
      this.#cache.offer(place, read, answer)
      return answer
    })
  }

  #ask(target: BrokerTarget, read: PartitionRead, command: Command): Promise<PartitionAnswer> {
    // Each turn of the event loop counts in the latency of a small fetch, so that what is open is not waited for.
    const open = this.#open(target)
    if (open !== undefined) return open.fetches.ask(read, command)
    return this.#opened(target, command).then(({ fetches }) => fetches.ask(read, command))
  }

  /** Looks an offset up; opens the connection if need be. */
  offset(target: BrokerTarget, question: ListOffsetsQuestion, command: Command): Promise<OffsetAnswer> {
    const open = this.#open(target)
    if (open !== undefined) return open.offsets.ask(question, command)
    return this.#opened(target, command).then(({ offsets }) => offsets.ask(question, command))
  }

  /**
   * What comes after the end of the log, at which the offset is; undefined when nothing has come until then, on the clock
   * of `performance.now()`.
   */
  afterEnd(
    target: BrokerTarget,
    read: PartitionRead,
    command: Command,
    until: number,
  ): Promise<PartitionAnswer | undefined> {
    return this.#tail(target).follow(read, command, until)
  }

  /**
   * As `afterEnd`, for a command that has not asked the broker yet and whose offset most likely is the end: it joins only a
   * request that is not written yet. Undefined where there can be none at once.
   */
  firstAfterEnd(
    target: BrokerTarget,
    read: PartitionRead,
    command: Command,
    until: number,
  ): Promise<PartitionAnswer | undefined> | undefined {
    return this.#tail(target).followFirst(read, command, until)
  }

  /**
   * Has the broker look for records until then, on the clock of `performance.now()`, for one command alone; without a free
   * connection for it until then, asks without waiting after all.
   */
  async alone(target: BrokerTarget, read: PartitionRead, command: Command, until: number): Promise<PartitionAnswer> {
    const { pool } = this.#options
    const ready = await pool.exclusive(target, command, until)
    if (ready === undefined) return this.now(target, read, command)
    try {
      const waitMs = Math.max(0, Math.ceil(until - performance.now()))
      const [result] = await sendFetch(ready, { reads: [read], maxWaitMs: waitMs }, command, this.#options)
      return toPartitionAnswer(result, ready.connection.broker)
    } finally {
      pool.giveBack(target, ready)
    }
  }

  #open(target: BrokerTarget): Queues | undefined {
    const ready = this.#options.pool.ready(target)
    return ready && this.#queuesOf(target, ready)
  }

  async #opened(target: BrokerTarget, command: Command): Promise<Queues> {
    return this.#queuesOf(target, await this.#options.pool.shared(target, command))
  }

  #queuesOf(target: BrokerTarget, ready: ReadyConnection): Queues {
    const known = this.#queues.get(ready)
    if (known !== undefined) return known
    const options = { ...this.#options, target, ready }
    const queues = { fetches: createFetchQueue(options), offsets: createOffsetQueue(options) }
    this.#queues.set(ready, queues)
    return queues
  }

  #tail(target: BrokerTarget): Tail {
    const known = this.#tailsByTarget.get(target)
    if (known !== undefined) return known
    const name = brokerName(target.host, target.port)
    const tail = this.#tails.get(name) ?? new Tail({ ...this.#options, target })
    this.#tails.set(name, tail)
    this.#tailsByTarget.set(target, tail)
    return tail
  }
}
