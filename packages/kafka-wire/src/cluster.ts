import { backoffMs } from './backoff.ts'
import { brokerName } from './broker-name.ts'
import { BrokerPool } from './broker-pool.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { Command } from './command.ts'
import { CommandSet } from './command-set.ts'
import { KafkaError } from './errors.ts'
import { type FetchAnswer, type Fetched, toLeaderAnswer, withoutRecords } from './fetch-outcome.ts'
import { type Attempt, type LeaderAnswer, Leaders } from './leaders.ts'
import { type FetchPosition, recreated, silent, withOffsets } from './log-position.ts'
import type { PartitionLeader } from './metadata-cache.ts'
import { OffLoop } from './off-loop.ts'
import { PartitionReads } from './partition-reads.ts'
import type { PartitionAnswer, PartitionRead } from './shared-read.ts'
import { SlabPool } from './slab-pool.ts'
import { TranscodeThread } from './thread/transcode-thread.ts'
import type { Isolation } from './transcode.ts'

/** What bounds a command from outside. */
export interface CommandBounds {
  /** Gives the command up: it rejects with KAFKA_ABORTED and frees what it holds. */
  readonly signal?: AbortSignal
  /** As `signal`, which costs more than all else about a small command: is given what gives the command up. */
  readonly onAbort?: (giveUp: () => void) => void
  /** Whoever asks, for fairness: where commands queue, each asker has its turn. By default every command has an own one. */
  readonly asker?: object
  /** Absolute end in milliseconds on the clock of `performance.now()`. Default: `commandTimeoutMs` from now, and the wait. */
  readonly deadline?: number
}

/** What to read. */
export interface FetchCommand extends CommandBounds {
  readonly topic: string
  readonly partition: number
  /** The first offset wanted. */
  readonly offset: bigint
  /** Bytes of record batches to read; the first batch always comes whole. */
  readonly maxBytes: number
  /** How long to wait for a first record at the log's end, in milliseconds; 0 not to wait. */
  readonly maxWaitMs: number
  readonly isolation: Isolation
  /**
   * The `position` of the fetch that this one goes on from, to be told when the log is no longer the one that was read.
   * Only looked at when `offset` lies in what it passed, or at its end.
   */
  readonly after?: FetchPosition | undefined
}

/** What to look up. */
export interface ListOffsetCommand extends CommandBounds {
  readonly topic: string
  readonly partition: number
  /** -1 latest (with `read_committed` the last stable offset), -2 earliest, -3 largest timestamp, else milliseconds. */
  readonly timestamp: bigint
  readonly isolation: Isolation
}

/** What came after the end of the log; nothing while it is. */
interface Followed {
  readonly fetched: Fetched | undefined
}

/** One for all clusters of a process; it is started by the first large answer. */
const sharedThread = new TranscodeThread()

/** Empty answers below the end of the log after which the broker is taken to have nothing more to say. */
const SILENCES = 3
/** How long the broker may look when it gave nothing at once, as from remote storage (KIP-405), in milliseconds. */
const SILENCE_MS = 2000

/** What a cluster holds at the moment. */
export interface ClusterStats {
  readonly connections: number
  /** Requests sent and not answered, those included whose command is over. */
  readonly requestsInFlight: number
  readonly commands: number
  /** Answers not released, and frames being received. */
  readonly outstandingSlabs: number
  readonly pooledBytes: number
  /** Answers that are kept for others who read the same. */
  readonly cachedBytes: number
  /** Whether `close` was called. */
  readonly closed: boolean
}

/**
 * Reads from one Kafka cluster with one set of credentials. Nothing is opened before the first command. Every method
 * rejects with a {@link KafkaError}, whose message is fit for a client.
 */
export class KafkaCluster {
  readonly #slabs = new SlabPool()
  readonly #commands = new CommandSet()
  readonly #pool: BrokerPool
  readonly #leaders: Leaders
  readonly #reads: PartitionReads
  readonly #offLoop: OffLoop
  readonly #commandTimeoutMs: number
  readonly #rack: string
  #closed: KafkaError | undefined

  constructor(options: ClusterOptions) {
    const { limits = {}, connectTimeoutMs = 3000, stallTimeoutMs = 10_000 } = options
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 30_000
    this.#rack = options.rack ?? ''
    this.#offLoop = new OffLoop(options.thread ?? sharedThread)
    this.#pool = new BrokerPool({
      dial: options.dial,
      tls: options.tls,
      sasl: options.sasl,
      clientId: options.clientId ?? 'sluice',
      connectTimeoutMs,
      stallTimeoutMs,
      maxFrameBytes: limits.maxFrameBytes ?? 100 * 1024 * 1024,
      maxInFlight: limits.maxInFlight ?? 64,
      maxWaiting: limits.maxWaiting ?? 64,
      idleMs: limits.idleMs ?? 5000,
      pool: this.#slabs,
      onRequest: options.onRequest,
      hooks: options,
    })
    this.#reads = new PartitionReads({
      pool: this.#pool,
      slabs: this.#slabs,
      offLoop: this.#offLoop,
      connectTimeoutMs,
      stallTimeoutMs,
      maxDecompressedBytes: limits.maxDecompressedBytes ?? 64 * 1024 * 1024,
      maxCacheBytes: limits.maxCacheBytes ?? 32 * 1024 * 1024,
      onCacheRead: options.onCacheRead,
      begin: (deadline) => this.#begin({ deadline }),
      end: (command) => this.#commands.end(command),
    })
    this.#leaders = new Leaders({
      pool: this.#pool,
      nodes: options.nodes,
      begin: () => this.#begin({}),
      end: (command) => this.#commands.end(command),
      hooks: options,
    })
  }

  /**
   * Reads records from an offset on: none when the offset is the log's end. Control records and aborted transactions are
   * passed over, with further requests if nothing else was read. Rejects for instance with KAFKA_TOPIC_NOT_FOUND,
   * KAFKA_PARTITION_NOT_FOUND, KAFKA_API_ERROR (OFFSET_OUT_OF_RANGE, with the ends of the log in `offsets`),
   * KAFKA_CORRUPT_BATCH, and where `after` is given KAFKA_LOG_TRUNCATED and KAFKA_TOPIC_RECREATED.
   */
  fetch(fetch: FetchCommand): Promise<FetchAnswer> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const command = this.#begin(fetch, fetch.maxWaitMs)
    const waitEnd = fetch.maxWaitMs === 0 ? 0 : performance.now() + fetch.maxWaitMs
    const first = fetch.maxWaitMs > 0 ? this.#waitFirst(command, fetch, waitEnd) : undefined
    return first ?? this.#fetch(command, fetch, waitEnd)
  }

  async #fetch(command: Command, fetch: FetchCommand, waitEnd: number, first?: Fetched): Promise<FetchAnswer> {
    let { offset } = fetch
    let atEnd: FetchAnswer | undefined
    let silences = 0
    let isChecked = false
    let given = first
    try {
      for (;;) {
        const until = silences > 0 ? performance.now() + SILENCE_MS : undefined
        let fetched: Fetched | undefined
        if (given !== undefined) {
          fetched = given
          given = undefined
        } else if (atEnd !== undefined && silences === 0) {
          fetched = await this.#follow(command, fetch, offset, waitEnd)
          if (fetched === undefined) return atEnd
        } else fetched = await this.#fetchOnce(command, fetch, offset, until)
        const { answer, logEnd } = fetched
        if (answer.recordCount > 0) return answer
        const progress = answer.nextOffset > offset
        if (!progress && offset < logEnd) {
          answer.release()
          if (++silences === SILENCES) throw silent(offset, logEnd)
          await command.sleep(backoffMs(silences - 1))
          continue
        }
        const isBehind = offset > answer.highWatermark && !isChecked
        if (!progress && (isBehind || !this.#leaders.isSettled(fetch.topic, fetch.partition))) {
          answer.release()
          isChecked = true
          atEnd = undefined
          await this.#settle(command, fetch)
          continue
        }
        const unread = progress && answer.nextOffset < logEnd
        if (!unread && performance.now() >= waitEnd) return answer
        offset = answer.nextOffset
        silences = 0
        const emptied = withoutRecords(answer)
        atEnd = unread ? undefined : emptied
      }
    } catch (error) {
      throw await this.#withOffsets(command, fetch, offset, error)
    } finally {
      this.#commands.end(command)
    }
  }

  /** Looks an offset up; -1 when no record is at or after the timestamp. Rejects as `fetch` does. */
  async listOffset(question: ListOffsetCommand): Promise<bigint> {
    const command = this.#begin(question)
    try {
      return await this.#askOffset(command, question)
    } finally {
      this.#commands.end(command)
    }
  }

  stats(): ClusterStats {
    const { outstanding, pooledBytes } = this.#slabs.stats()
    return {
      ...this.#pool.stats(),
      commands: this.#commands.size,
      outstandingSlabs: outstanding + this.#offLoop.outstanding,
      pooledBytes,
      cachedBytes: this.#reads.cachedBytes,
      closed: this.#closed !== undefined,
    }
  }

  /** Rejects what is in flight with KAFKA_CLOSED; resolves when every socket is gone. May be called twice. */
  async close(): Promise<void> {
    this.#closed ??= new KafkaError(
      'KAFKA_CLOSED',
      'the connections to the cluster were closed: open the WebSocket again',
    )
    this.#commands.cancel(this.#closed)
    await this.#pool.close(this.#closed)
  }

  #askOffset(command: Command, question: Omit<ListOffsetCommand, keyof CommandBounds>): Promise<bigint> {
    const { topic, partition, timestamp, isolation } = question
    return this.#leaders.ask(command, topic, partition, ({ target, leaderEpoch }) =>
      this.#reads
        .offset(target, { topic, partition, timestamp, isolation, leaderEpoch }, command)
        .then(({ errorCode, offset, broker }) => ({ errorCode, result: offset, broker })),
    )
  }

  /**
   * Waits until the leader knows where the log ends: one that has just taken over learns that from the others, and gives
   * nothing meanwhile, as if the log ended. It tells only who asks for the end. KIP-207.
   */
  async #settle(command: Command, { topic, partition }: FetchCommand): Promise<void> {
    // with read_committed, an open transaction would look the same
    await this.#askOffset(command, { topic, partition, timestamp: -1n, isolation: 'read_uncommitted' })
    this.#leaders.settle(topic, partition)
  }

  /** Adds to what a broker says of an offset that it cannot give where the reader may go on. */
  async #withOffsets(command: Command, fetch: FetchCommand, offset: bigint, error: unknown): Promise<unknown> {
    if (!(error instanceof KafkaError)) return error
    if (error.apiError === 'OFFSET_OUT_OF_RANGE') return this.#withRange(command, fetch, error)
    const isDamaged = error.apiError === 'CORRUPT_MESSAGE' || error.apiError === 'INVALID_RECORD'
    return isDamaged ? withOffsets(error, { badFrom: offset, next: offset + 1n }) : error
  }

  /** An offset that the log does not have is answered with those that it has. */
  async #withRange(command: Command, fetch: FetchCommand, error: KafkaError): Promise<KafkaError> {
    const { topic, partition, isolation } = fetch
    try {
      const ends = { topic, partition, isolation }
      // One after the other: what is left of two would go on when the first has failed and the command is over.
      const logStart = await this.#askOffset(command, { ...ends, timestamp: -2n })
      const highWatermark = await this.#askOffset(command, { ...ends, timestamp: -1n })
      return withOffsets(error, { logStart, highWatermark })
    } catch {
      // It is the offset that is wrong, whatever else is.
      return error
    }
  }

  /** @param waitEnd until when to wait for a first record, on the clock of `performance.now()`; undefined not to wait */
  #fetchOnce(command: Command, fetch: FetchCommand, offset: bigint, waitEnd: number | undefined): Promise<Fetched> {
    const attempt = (leader: PartitionLeader, { mayPrefer }: Attempt) => {
      const read = this.#partitionRead(leader, fetch, offset, mayPrefer)
      const reading =
        waitEnd === undefined
          ? this.#reads.now(leader.target, read, command)
          : this.#reads.alone(leader.target, read, command, waitEnd)
      return reading.then((answer) => toLeaderAnswer(read, answer, fetch.offset))
    }
    return this.#leaders.ask(command, fetch.topic, fetch.partition, attempt, this.#rack !== '')
  }

  /**
   * Begins with a request that waits, for a client that has read up to the end: those who come back to wait after a batch
   * then share one request, which also finds out whether anything is there. Undefined where none can be made at once.
   */
  #waitFirst(command: Command, fetch: FetchCommand, until: number): Promise<FetchAnswer> | undefined {
    const { topic, partition, offset, after } = fetch
    if (after?.atEnd !== true || after.offset !== offset || this.#rack !== '') return undefined
    let waiting: Promise<PartitionAnswer | undefined> | undefined
    let read: PartitionRead
    try {
      const leader = this.#leaders.known(topic, partition)
      if (leader === undefined || !this.#leaders.isSettled(topic, partition)) return undefined
      read = this.#partitionRead(leader, fetch, offset, false)
      waiting = this.#reads.firstAfterEnd(leader.target, read, command, until)
    } catch {
      return undefined
    }
    return waiting?.then(
      (answer) => this.#firstAnswer(command, fetch, until, read, answer),
      (error: unknown) => {
        if (error !== command.error) return this.#fetch(command, fetch, until)
        this.#commands.end(command)
        throw error
      },
    )
  }

  /** What else than records comes is found again by a request of its own, which knows what may help. */
  #firstAnswer(
    command: Command,
    fetch: FetchCommand,
    until: number,
    read: PartitionRead,
    answer: PartitionAnswer | undefined,
  ): FetchAnswer | Promise<FetchAnswer> {
    if (answer?.records === undefined || answer.header.errorCode !== 0 || answer.header.diverging !== undefined) {
      answer?.records?.release()
      return this.#fetch(command, fetch, until)
    }
    const { result } = toLeaderAnswer(read, answer, fetch.offset)
    if (result === undefined || result.answer.recordCount === 0) return this.#fetch(command, fetch, until, result)
    this.#commands.end(command)
    return result.answer
  }

  /** Waits at the end of the log with all others who do; undefined when nothing has come until then. */
  async #follow(command: Command, fetch: FetchCommand, offset: bigint, until: number): Promise<Fetched | undefined> {
    let isFirst = true
    const attempt = async (leader: PartitionLeader, { mayPrefer }: Attempt): Promise<LeaderAnswer<Followed>> => {
      const read = this.#partitionRead(leader, fetch, offset, mayPrefer)
      // Where another broker is asked, it is not known that its log ends here.
      const reading = isFirst
        ? this.#reads.afterEnd(leader.target, read, command, until)
        : this.#reads.now(leader.target, read, command)
      isFirst = false
      const answer = await reading
      const broker = brokerName(leader.target.host, leader.target.port)
      if (answer === undefined) return { errorCode: 0, broker, result: { fetched: undefined } }
      const { result, ...outcome } = toLeaderAnswer(read, answer, fetch.offset)
      return { ...outcome, result: result && { fetched: result } }
    }
    const { topic, partition } = fetch
    const { fetched } = await this.#leaders.ask(command, topic, partition, attempt, this.#rack !== '')
    return fetched
  }

  #partitionRead(leader: PartitionLeader, fetch: FetchCommand, offset: bigint, mayPrefer: boolean): PartitionRead {
    const rackId = mayPrefer ? this.#rack : ''
    const { topic, partition, maxBytes, isolation } = fetch
    const { topicId, leaderEpoch } = leader
    const after = goesOn(fetch.after, offset) ? fetch.after : undefined
    if (after !== undefined && after.topicId !== topicId && topicId !== undefined && after.topicId !== undefined)
      throw recreated(topic)
    const lastFetchedEpoch = after?.leaderEpoch ?? -1
    return { topic, topicId, partition, leaderEpoch, lastFetchedEpoch, offset, maxBytes, isolation, rackId }
  }

  #begin(bounds: CommandBounds, extraMs = 0): Command {
    if (this.#closed !== undefined) throw this.#closed
    const now = performance.now()
    const deadline = bounds.deadline ?? now + this.#commandTimeoutMs + extraMs
    const { signal, onAbort, asker } = bounds
    return this.#commands.begin({ deadline, timeoutMs: Math.round(deadline - now), signal, onAbort, asker })
  }
}

/** Whether an offset is one at which a reader that was given all up to a position goes on. */
function goesOn(position: FetchPosition | undefined, offset: bigint): boolean {
  return position !== undefined && position.from <= offset && offset <= position.offset
}
