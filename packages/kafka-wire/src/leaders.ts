import { type ApiErrorName, apiError, apiErrorCode } from './api-errors.ts'
import { backoffMs } from './backoff.ts'
import { connectAny } from './bootstrap.ts'
import { brokerName } from './broker-name.ts'
import type { BrokerPool } from './broker-pool.ts'
import type { BrokerNode, ClusterHooks } from './cluster-options.ts'
import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import type { LeaderHint } from './messages/fetch-answer.ts'
import { METADATA, metadataRequest } from './messages/metadata.ts'
import { type CachedTopic, MetadataCache, type PartitionLeader, REFUSAL_AGE_MS } from './metadata-cache.ts'
import type { BrokerTarget } from './open-connection.ts'
import { chooseVersion } from './versions.ts'

/** What an attempt at a leader came to. */
export interface LeaderAnswer<T> {
  readonly errorCode: number
  /** Present when `errorCode` is 0. */
  readonly result: T | undefined
  readonly broker: string
  readonly hint?: LeaderHint | undefined
  /** The replica that the leader wants to be asked instead; -1 for none. KIP-392. */
  readonly preferredReplica?: number
}

/** How an attempt is made. */
export interface Attempt {
  /** Whether the broker may name a replica that is to be asked instead. */
  readonly mayPrefer: boolean
}

interface Question<T> {
  readonly command: Command
  readonly topic: string
  readonly partition: number
  readonly attempt: (leader: PartitionLeader, how: Attempt) => Promise<LeaderAnswer<T>>
  readonly fromReplica: boolean
}

/** A first attempt on its way. */
interface Begun<T> {
  readonly leader: PartitionLeader
  readonly answer: Promise<LeaderAnswer<T>>
}

/** What {@link Leaders} needs. */
export interface LeadersOptions {
  readonly pool: BrokerPool
  readonly nodes: readonly BrokerNode[]
  /** Makes the command of a metadata request, which several commands may share. */
  readonly begin: () => Command
  readonly end: (command: Command) => void
  readonly hooks: ClusterHooks
}

const LEADER_NOT_AVAILABLE = apiErrorCode('LEADER_NOT_AVAILABLE')
const REBOOTSTRAP_REQUIRED = apiErrorCode('REBOOTSTRAP_REQUIRED')
const INVALID_TOPIC = apiErrorCode('INVALID_TOPIC_EXCEPTION')

/** The longest name that Kafka takes for a topic. */
const MAX_TOPIC_BYTES = 249

/** Attempts after which a topic that its leader does not know, or knows under another id, is taken for gone. */
const UNKNOWN_TOPIC_ATTEMPTS = 5
const UNKNOWN_TOPIC: ReadonlySet<string | undefined> = new Set<ApiErrorName>([
  'INCONSISTENT_TOPIC_ID',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
])
/** Hints at a leader or a replica followed without a pause. */
const HINTS_AT_ONCE = 3

/** Finds the leaders of partitions, and asks them again or asks their successors when that may help. */
export class Leaders {
  readonly #options: LeadersOptions
  readonly #cache = new MetadataCache()
  readonly #refreshes = new Map<string, Promise<CachedTopic>>()

  constructor(options: LeadersOptions) {
    this.#options = options
  }

  /**
   * Asks the leader of a partition. What a metadata refresh and a later attempt may cure is tried again until the command
   * ends, provided that the broker at fault has answered before; a cluster never reached fails at once.
   *
   * @param fromReplica whether a replica that the leader named may be asked in its place; once one fails, only leaders are
   */
  ask<T>(
    command: Command,
    topic: string,
    partition: number,
    attempt: (leader: PartitionLeader, how: Attempt) => Promise<LeaderAnswer<T>>,
    fromReplica = false,
  ): Promise<T> {
    const question: Question<T> = { command, topic, partition, attempt, fromReplica }
    if (fromReplica || command.error !== undefined) return this.#askUntilAnswered(question)
    let begun: Begun<T>
    try {
      const leader = this.known(topic, partition)
      if (leader === undefined) return this.#askUntilAnswered(question)
      begun = { leader, answer: attempt(leader, leading) }
    } catch {
      return this.#askUntilAnswered(question)
    }
    // Nearly always the first answer is the last: a loop of waits would make a small fetch wait longer.
    return begun.answer.then(
      (answer) => {
        if (answer.errorCode !== 0 || answer.result === undefined) return this.#askUntilAnswered(question, begun)
        this.#options.pool.markGood(answer.broker)
        return answer.result
      },
      () => this.#askUntilAnswered(question, begun),
    )
  }

  /** @param begun the first attempt, if it was made */
  async #askUntilAnswered<T>(
    { command, topic, partition, attempt, fromReplica }: Question<T>,
    begun?: Begun<T>,
  ): Promise<T> {
    let mayAskReplica = fromReplica
    let first = begun
    for (let attempts = 0; ; attempts++) {
      if (command.error !== undefined) throw command.error
      let followed = false
      let asked: PartitionLeader | undefined
      let replica: PartitionLeader | undefined
      try {
        // What is known is used without a wait: each turn of the event loop counts in the latency of a small fetch.
        asked = first?.leader ?? this.known(topic, partition) ?? (await this.#find(command, topic, partition))
        replica = mayAskReplica ? this.#cache.replica(asked) : undefined
        const how = mayAskReplica && replica === undefined && this.#cache.mayPrefer(asked) ? preferring : leading
        const answered = first?.answer ?? attempt(replica ?? asked, how)
        first = undefined
        const answer = await answered
        this.#options.pool.markGood(answer.broker)
        if (answer.errorCode === 0 && answer.result !== undefined) return answer.result
        if (how.mayPrefer && answer.preferredReplica !== undefined && answer.preferredReplica >= 0) {
          if (!this.#cache.prefer(asked, answer.preferredReplica)) this.#cache.avoidReplica(asked)
          continue
        }
        if (answer.hint !== undefined) followed = this.#cache.follow(topic, partition, answer.hint)
        throw apiError(answer.errorCode, answer.broker)
      } catch (error) {
        if (!(error instanceof KafkaError) || error === command.error) throw error
        if (replica !== undefined && asked !== undefined && !isAboutRecords(error)) {
          this.#cache.avoidReplica(asked)
          // The pause may end, or another leader may name another one, before this command has its records.
          mayAskReplica = false
          command.failedWith(error)
          this.#options.hooks.onRetry?.(error, 0)
          continue
        }
        if (!followed && mayBeStale(error)) this.#cache.distrust(topic)
        if (!this.#mayRetry(error, attempts)) throw error
        command.failedWith(error)
        const delayMs = followed && attempts < HINTS_AT_ONCE ? 0 : backoffMs(attempts)
        this.#options.hooks.onRetry?.(error, delayMs)
        await command.sleep(delayMs)
      }
    }
  }

  /** Who leads a partition, if that is known; throws where the topic was refused a moment ago. */
  known(name: string, partition: number): PartitionLeader | undefined {
    const topic = this.#cache.topic(name, Number.NEGATIVE_INFINITY)
    return topic && this.#cache.leader(topic, partition)
  }

  /** Whether the leader of a partition can be taken to know where its log ends: not after a change, until `settle`. */
  isSettled(topic: string, partition: number): boolean {
    return this.#cache.isSettled(topic, partition)
  }

  /** Remembers that the leader of a partition knows where its log ends. */
  settle(topic: string, partition: number): void {
    this.#cache.settle(topic, partition)
  }

  #mayRetry(error: KafkaError, attempts: number): boolean {
    if (!error.retriable) return false
    if (UNKNOWN_TOPIC.has(error.apiError) && attempts + 1 >= UNKNOWN_TOPIC_ATTEMPTS) return false
    if (error.code === 'KAFKA_API_ERROR') return true
    return error.broker === undefined ? this.#cache.brokers().length > 0 : this.#options.pool.isGood(error.broker)
  }

  async #find(command: Command, name: string, partition: number): Promise<PartitionLeader> {
    if (Buffer.byteLength(name) > MAX_TOPIC_BYTES) throw apiError(INVALID_TOPIC)
    let topic = await this.#topic(command, name, Number.NEGATIVE_INFINITY)
    if (!topic.partitions.has(partition)) {
      // partitions are added to topics
      topic = await this.#topic(command, name, performance.now() - REFUSAL_AGE_MS)
    }
    if (!topic.partitions.has(partition)) {
      throw new KafkaError('KAFKA_PARTITION_NOT_FOUND', 'not found partition')
    }
    const leader = this.#cache.leader(topic, partition)
    if (leader === undefined) throw apiError(LEADER_NOT_AVAILABLE)
    return leader
  }

  async #topic(command: Command, name: string, notBefore: number): Promise<CachedTopic> {
    const known = this.#cache.topic(name, notBefore)
    if (known !== undefined) return known
    let refresh = this.#refreshes.get(name)
    if (refresh === undefined) {
      refresh = this.#refresh(name).finally(() => this.#refreshes.delete(name))
      this.#refreshes.set(name, refresh)
      // every command that waits for it may leave before it fails
      refresh.catch(() => {})
    }
    command.waitsFor(`metadata of topic ${name}`)
    return command.race(refresh)
  }

  async #refresh(name: string): Promise<CachedTopic> {
    const command = this.#options.begin()
    try {
      const { connection, versions } = await connectAny(this.#options.pool, this.#targets(), command)
      const version = chooseVersion(versions, METADATA, connection.broker)
      const answer = await connection.send(metadataRequest(version, name), command)
      this.#options.pool.markGood(connection.broker)
      if (answer.errorCode === REBOOTSTRAP_REQUIRED) this.#forgetCluster()
      return this.#cache.learn(name, answer, connection.broker)
    } finally {
      this.#options.end(command)
    }
  }

  /** Has the next look begin at the configured nodes: those who are known are of another cluster by now. KIP-1102. */
  #forgetCluster(): void {
    this.#cache.forgetBrokers()
    this.#options.pool.retire()
  }

  /** Brokers to ask for metadata: those the cluster named, in random order, then the configured ones. */
  #targets(): BrokerTarget[] {
    const known = this.#cache.brokers().map((broker) => ({ broker, order: Math.random() }))
    known.sort((one, other) => one.order - other.order)
    const targets = new Map<string, BrokerTarget>()
    for (const { broker } of known) addTarget(targets, broker, true)
    for (const node of this.#options.nodes) addTarget(targets, node, false)
    return [...targets.values()]
  }
}

const leading: Attempt = { mayPrefer: false }
const preferring: Attempt = { mayPrefer: true }

/** Whether newer metadata may be what helps: also against an address that was refused, once the brokers advertise another. */
function mayBeStale({ code, apiError: name, retriable }: KafkaError): boolean {
  return (retriable && name !== 'THROTTLING_QUOTA_EXCEEDED') || code === 'KAFKA_ADDRESS_REFUSED'
}

/** Whether an error is one of the records that were read, which the leader holds no better. */
function isAboutRecords({ code }: KafkaError): boolean {
  return code === 'KAFKA_CORRUPT_BATCH' || code === 'KAFKA_BATCH_TOO_LARGE'
}

function addTarget(targets: Map<string, BrokerTarget>, { host, port }: BrokerNode, advertised: boolean): void {
  const name = brokerName(host, port)
  if (!targets.has(name)) targets.set(name, { host, port, advertised })
}
