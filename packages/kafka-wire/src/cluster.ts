import { BrokerPool } from './broker-pool.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import { Leaders, type PartitionLeader } from './leaders.ts'
import { FETCH, FETCH_TOPIC_ID, type FetchHeader, fetchRequest } from './messages/fetch.ts'
import { LIST_OFFSETS, LIST_OFFSETS_MAX_TIMESTAMP, listOffsetsRequest } from './messages/list-offsets.ts'
import type { ReadyConnection } from './open-connection.ts'
import { SlabPool } from './slab-pool.ts'
import { type Isolation, type TranscodeResult, transcode } from './transcode.ts'
import { chooseVersion } from './versions.ts'

/** What bounds a command from outside. */
export interface CommandBounds {
  /** Gives the command up: it rejects with KAFKA_ABORTED and frees what it holds. */
  readonly signal?: AbortSignal
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
  readonly #commands = new Set<Command>()
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
      pool: this.#slabs,
      hooks: options,
    })
    this.#leaders = new Leaders({
      pool: this.#pool,
      nodes: options.nodes,
      begin: () => this.#begin({}),
      end: (command) => this.#end(command),
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
    let waitMs = 0
    try {
      for (;;) {
        const { answer, logEnd } = await this.#fetchOnce(command, fetch, offset, waitMs)
        if (answer.recordCount > 0) return answer
        const progress = answer.nextOffset > offset
        const unread = progress && answer.nextOffset < logEnd
        const waitLeft = Math.max(0, Math.ceil(waitEnd - performance.now()))
        // a broker that answers a wait at once and with nothing is not asked again
        const idle = !progress && waitMs > 0
        if (!unread && (waitLeft === 0 || idle)) return answer
        answer.release()
        offset = answer.nextOffset
        waitMs = unread ? 0 : waitLeft
      }
    } finally {
      this.#end(command)
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
      this.#end(command)
    }
  }

  stats(): ClusterStats {
    const { outstanding, pooledBytes } = this.#slabs.stats()
    return { ...this.#pool.stats(), commands: this.#commands.size, outstandingSlabs: outstanding, pooledBytes }
  }

  /** Rejects what is in flight with KAFKA_CLOSED; resolves when every socket is gone. May be called twice. */
  async close(): Promise<void> {
    this.#closed ??= new KafkaError('KAFKA_CLOSED', 'the connection to the cluster was closed')
    for (const command of [...this.#commands]) command.cancel(this.#closed)
    await this.#pool.close(this.#closed)
  }

  async #fetchOnce(
    command: Command,
    fetch: FetchCommand,
    offset: bigint,
    waitMs: number,
  ): Promise<{ answer: FetchAnswer; logEnd: bigint }> {
    return this.#leaders.ask(command, fetch.topic, fetch.partition, async (leader) => {
      if (waitMs === 0)
        return this.#fetchFrom(await this.#pool.shared(leader.target, command), leader, command, fetch, offset, 0)
      const ready = await this.#pool.exclusive(leader.target, command)
      try {
        return await this.#fetchFrom(ready, leader, command, fetch, offset, waitMs)
      } finally {
        this.#pool.giveBack(leader.target, ready)
      }
    })
  }

  async #fetchFrom(
    ready: ReadyConnection,
    leader: PartitionLeader,
    command: Command,
    fetch: FetchCommand,
    offset: bigint,
    maxWaitMs: number,
  ): Promise<{
    errorCode: number
    result: { answer: FetchAnswer; logEnd: bigint } | undefined
    broker: string
    hint: FetchHeader['leaderHint']
  }> {
    const { connection, versions } = ready
    const max = leader.topicId === undefined ? FETCH_TOPIC_ID - 1 : FETCH.max
    const version = chooseVersion(versions, { ...FETCH, max }, connection.broker)
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
    const command = new Command({ deadline, timeoutMs: Math.round(deadline - now), signal: bounds.signal })
    this.#commands.add(command)
    return command
  }

  #end(command: Command): void {
    command.finish()
    this.#commands.delete(command)
  }
}
