import { BrokerPool } from './broker-pool.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { Command } from './command.ts'
import { CommandSet } from './command-set.ts'
import { KafkaError } from './errors.ts'
import { type LeaderAnswer, Leaders } from './leaders.ts'
import { FETCH, FETCH_TOPIC_ID, fetchRequest } from './messages/fetch.ts'
import { LIST_OFFSETS, LIST_OFFSETS_MAX_TIMESTAMP, listOffsetsRequest } from './messages/list-offsets.ts'
import type { PartitionLeader } from './metadata-cache.ts'
import type { ReadyConnection } from './open-connection.ts'
import { SlabPool } from './slab-pool.ts'
import { type Isolation, type TranscodeResult, transcode } from './transcode.ts'
import { chooseVersion } from './versions.ts'

/** What bounds a command from outside. */
export interface CommandBounds {
  /** Gives the command up: it rejects with KAFKA_ABORTED and frees what it holds. */
  readonly signal?: AbortSignal
  /** As `signal`, which costs more than all else about a small command: is given what gives the command up. */
  readonly onAbort?: (giveUp: () => void) => void
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
}

/** What to look up. */
export interface ListOffsetCommand extends CommandBounds {
  readonly topic: string
  readonly partition: number
  /** -1 latest (with `read_committed` the last stable offset), -2 earliest, -3 largest timestamp, else milliseconds. */
  readonly timestamp: bigint
  readonly isolation: Isolation
}

/** Records as the body of a `KafkaFetchResp`, and where the log stands. `release()` must be called once they are used. */
export interface FetchAnswer extends TranscodeResult {
  readonly highWatermark: bigint
  /** -1 when the broker does not tell. */
  readonly logStartOffset: bigint
}

/** What one request brought, and where the log ends for its reader. */
interface Fetched {
  readonly answer: FetchAnswer
  readonly logEnd: bigint
}

const FETCH_BY_NAME = { ...FETCH, max: FETCH_TOPIC_ID - 1 }

/** What a cluster holds at the moment. */
export interface ClusterStats {
  readonly connections: number
  /** Requests sent and not answered, those included whose command is over. */
  readonly requestsInFlight: number
  readonly commands: number
  /** Answers not released, and frames being received. */
  readonly outstandingSlabs: number
  readonly pooledBytes: number
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
  readonly #commandTimeoutMs: number
  readonly #maxDecompressedBytes: number
  #closed: KafkaError | undefined

  constructor(options: ClusterOptions) {
    const { limits = {}, connectTimeoutMs = 3000 } = options
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 30_000
    this.#maxDecompressedBytes = limits.maxDecompressedBytes ?? 64 * 1024 * 1024
    this.#pool = new BrokerPool({
      dial: options.dial,
      tls: options.tls,
      sasl: options.sasl,
      clientId: options.clientId ?? 'sluice',
      connectTimeoutMs,
      stallTimeoutMs: options.stallTimeoutMs ?? 10_000,
      maxFrameBytes: limits.maxFrameBytes ?? 100 * 1024 * 1024,
      maxInFlight: limits.maxInFlight ?? 64,
      maxWaiting: limits.maxWaiting ?? 64,
      pool: this.#slabs,
      hooks: options,
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
   * KAFKA_PARTITION_NOT_FOUND, KAFKA_API_ERROR (OFFSET_OUT_OF_RANGE), KAFKA_CORRUPT_BATCH.
   */
  async fetch(fetch: FetchCommand): Promise<FetchAnswer> {
    const command = this.#begin(fetch, fetch.maxWaitMs)
    const waitEnd = performance.now() + fetch.maxWaitMs
    let { offset } = fetch
    let wait = false
    try {
      for (;;) {
        const { answer, logEnd } = await this.#fetchOnce(command, fetch, offset, wait ? waitEnd : undefined)
        if (answer.recordCount > 0) return answer
        const progress = answer.nextOffset > offset
        const unread = progress && answer.nextOffset < logEnd
        // a broker that answers a wait at once and with nothing is not asked again
        const idle = !progress && wait
        if (!unread && (idle || performance.now() >= waitEnd)) return answer
        answer.release()
        offset = answer.nextOffset
        wait = !unread
      }
    } finally {
      this.#commands.end(command)
    }
  }

  /** Looks an offset up; -1 when no record is at or after the timestamp. Rejects as `fetch` does. */
  async listOffset(question: ListOffsetCommand): Promise<bigint> {
    const command = this.#begin(question)
    try {
      return await this.#leaders.ask(command, question.topic, question.partition, async (leader) => {
        const ready = await this.#pool.shared(leader.target, command)
        const { broker } = ready.connection
        const min = question.timestamp === -3n ? LIST_OFFSETS_MAX_TIMESTAMP : LIST_OFFSETS.min
        const version = chooseVersion(ready.versions, { ...LIST_OFFSETS, min }, broker)
        const { leaderEpoch } = leader
        const timeoutMs = Math.ceil(command.timeLeft)
        const request = listOffsetsRequest(version, { ...question, leaderEpoch, timeoutMs })
        const answer = await ready.connection.send(request, command)
        return { errorCode: answer.errorCode, result: answer.offset, broker }
      })
    } finally {
      this.#commands.end(command)
    }
  }

  stats(): ClusterStats {
    const { outstanding, pooledBytes } = this.#slabs.stats()
    return { ...this.#pool.stats(), commands: this.#commands.size, outstandingSlabs: outstanding, pooledBytes }
  }

  /** Rejects what is in flight with KAFKA_CLOSED; resolves when every socket is gone. May be called twice. */
  async close(): Promise<void> {
    this.#closed ??= new KafkaError('KAFKA_CLOSED', 'the connection to the cluster was closed')
    this.#commands.cancel(this.#closed)
    await this.#pool.close(this.#closed)
  }

  /** @param waitEnd until when to wait for a first record, on the clock of `performance.now()`; undefined not to wait */
  #fetchOnce(command: Command, fetch: FetchCommand, offset: bigint, waitEnd: number | undefined): Promise<Fetched> {
    return this.#leaders.ask(command, fetch.topic, fetch.partition, (leader) =>
      waitEnd === undefined
        ? this.#fetchNow(leader, command, fetch, offset)
        : this.#fetchWaiting(leader, command, fetch, offset, waitEnd),
    )
  }

  #fetchNow(
    leader: PartitionLeader,
    command: Command,
    fetch: FetchCommand,
    offset: bigint,
  ): Promise<LeaderAnswer<Fetched>> {
    const ready = this.#pool.ready(leader.target)
    if (ready !== undefined) return this.#fetchFrom(ready, leader, command, fetch, offset, 0)
    return this.#pool
      .shared(leader.target, command)
      .then((opened) => this.#fetchFrom(opened, leader, command, fetch, offset, 0))
  }

  /** Waits at the broker; without a free connection for it, until its wait is over, asks without waiting after all. */
  async #fetchWaiting(
    leader: PartitionLeader,
    command: Command,
    fetch: FetchCommand,
    offset: bigint,
    waitEnd: number,
  ): Promise<LeaderAnswer<Fetched>> {
    const ready = await this.#pool.exclusive(leader.target, command, waitEnd)
    if (ready === undefined) return this.#fetchNow(leader, command, fetch, offset)
    try {
      const waitMs = Math.max(0, Math.ceil(waitEnd - performance.now()))
      return await this.#fetchFrom(ready, leader, command, fetch, offset, waitMs)
    } finally {
      this.#pool.giveBack(leader.target, ready)
    }
  }

  async #fetchFrom(
    ready: ReadyConnection,
    leader: PartitionLeader,
    command: Command,
    fetch: FetchCommand,
    offset: bigint,
    maxWaitMs: number,
  ): Promise<LeaderAnswer<Fetched>> {
    const { connection, versions } = ready
    const version = chooseVersion(versions, leader.topicId === undefined ? FETCH_BY_NAME : FETCH, connection.broker)
    const { topic, partition, maxBytes, isolation } = fetch
    const { topicId, leaderEpoch } = leader
    const question = { topic, topicId, partition, leaderEpoch, offset, maxBytes, maxWaitMs, isolation }
    const request = fetchRequest(version, question, (records, abortedTransactions) =>
      transcode(records, {
        fromOffset: offset,
        isolation,
        abortedTransactions,
        limits: { maxDecompressedBytes: this.#maxDecompressedBytes },
        pool: this.#slabs,
      }),
    )
    const { header, records } = await connection.send(request, command)
    const { errorCode, highWatermark, logStartOffset, leaderHint: hint } = header
    const logEnd = isolation === 'read_committed' ? header.lastStableOffset : highWatermark
    const result = records && { answer: { ...records, highWatermark, logStartOffset }, logEnd }
    return { errorCode, result, broker: connection.broker, hint }
  }

  #begin(bounds: CommandBounds, extraMs = 0): Command {
    if (this.#closed !== undefined) throw this.#closed
    const now = performance.now()
    const deadline = bounds.deadline ?? now + this.#commandTimeoutMs + extraMs
    const { signal, onAbort } = bounds
    return this.#commands.begin({ deadline, timeoutMs: Math.round(deadline - now), signal, onAbort })
  }
}
