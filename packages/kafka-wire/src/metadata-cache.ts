import { apiError, apiErrorCode, apiErrorName } from './api-errors.ts'
import { KafkaError } from './errors.ts'
import type { LeaderHint } from './messages/fetch-answer.ts'
import type { BrokerAddress, MetadataAnswer, PartitionMetadata, TopicMetadata } from './messages/metadata.ts'
import type { BrokerTarget } from './open-connection.ts'

/** How long a topic's metadata is used without a new look, in milliseconds; the default of Kafka's own client. */
const MAX_AGE_MS = 5 * 60 * 1000
/** How long a refusal (no such topic, no permission) is repeated without a new look, in milliseconds. */
export const REFUSAL_AGE_MS = 1000
const MAX_REFUSALS = 1000

const UNKNOWN_TOPIC = apiErrorCode('UNKNOWN_TOPIC_OR_PARTITION')

/** How long a replica that failed is not asked again, in milliseconds: as long as the leader may take it for alive. */
const REPLICA_PAUSE_MS = 30_000

/** Who answers for a partition: its leader, or for reads a replica that the leader named. */
export interface PartitionLeader {
  readonly target: BrokerTarget
  readonly leaderEpoch: number
  readonly topicId: string | undefined
}

/** A topic as the cluster last described it. */
export interface CachedTopic {
  readonly topicId: string | undefined
  readonly partitions: Map<number, PartitionMetadata>
  /** When it was learnt or last corrected, on the clock of `performance.now()`. */
  learntAt: number
}

interface PreferredReplica {
  /** Undefined while the leader itself is to be read from. */
  readonly reader: PartitionLeader | undefined
  readonly until: number
}

interface Refusal {
  readonly error: KafkaError
  readonly at: number
}

/** What is known of topics and brokers, from Metadata answers and from the leader hints of Fetch answers. */
export class MetadataCache {
  readonly #topics = new Map<string, CachedTopic>()
  readonly #refusals = new Map<string, Refusal>()
  readonly #brokers = new Map<number, BrokerAddress>()
  /** What `leader` gave. */
  readonly #leaders = new WeakMap<PartitionMetadata, PartitionLeader>()
  readonly #replicas = new WeakMap<PartitionLeader, PreferredReplica>()
  /** Partitions that have got another leader since they were first seen, and nobody has made sure of yet. */
  readonly #unsettled = new WeakSet<PartitionMetadata>()

  /** The topic, if it was learnt after `notBefore` and is not too old; throws its refusal while that is fresh. */
  topic(name: string, notBefore: number): CachedTopic | undefined {
    const now = performance.now()
    const refusal = this.#refusals.get(name)
    if (refusal !== undefined) {
      if (now - refusal.at < REFUSAL_AGE_MS) throw refusal.error
      this.#refusals.delete(name)
    }
    const topic = this.#topics.get(name)
    return topic !== undefined && topic.learntAt >= Math.max(notBefore, now - MAX_AGE_MS) ? topic : undefined
  }

  /** Has the topic looked up again by the next command: what is known led to a failure. */
  distrust(name: string): void {
    const topic = this.#topics.get(name)
    if (topic !== undefined) topic.learntAt = Number.NEGATIVE_INFINITY
  }

  /** Who leads a partition of the topic, the same object while it leads at its address; undefined when that is not known. */
  leader(topic: CachedTopic, partition: number): PartitionLeader | undefined {
    const metadata = topic.partitions.get(partition)
    if (metadata === undefined) return undefined
    const broker = this.#brokers.get(metadata.leaderId)
    if (broker === undefined) return undefined
    const { host, port } = broker
    const known = this.#leaders.get(metadata)
    if (known?.target.host === host && known.target.port === port) return known
    const target = { host, port, advertised: true }
    const leader = { target, leaderEpoch: metadata.leaderEpoch, topicId: topic.topicId }
    this.#leaders.set(metadata, leader)
    return leader
  }

  /** Whether nobody has taken the partition over since `settle`, or since it was first seen. */
  isSettled(name: string, partition: number): boolean {
    const metadata = this.#topics.get(name)?.partitions.get(partition)
    return metadata === undefined || !this.#unsettled.has(metadata)
  }

  /** Takes the leader of a partition for one that leads for long enough. */
  settle(name: string, partition: number): void {
    const metadata = this.#topics.get(name)?.partitions.get(partition)
    if (metadata !== undefined) this.#unsettled.delete(metadata)
  }

  /** The replica to read from instead of this leader; undefined when the leader is to be asked. KIP-392. */
  replica(leader: PartitionLeader): PartitionLeader | undefined {
    const replica = this.#replicas.get(leader)
    if (replica === undefined || performance.now() < replica.until) return replica?.reader
    this.#replicas.delete(leader)
    return undefined
  }

  /** Whether a leader may be asked for a replica nearby: not while the one that it named is out of order. */
  mayPrefer(leader: PartitionLeader): boolean {
    return !this.#replicas.has(leader)
  }

  /** Has reads go to the replica that the leader named, until its metadata is old; false when no broker has this id. */
  prefer(leader: PartitionLeader, replicaId: number): boolean {
    const broker = this.#brokers.get(replicaId)
    if (broker === undefined) return false
    const target = { host: broker.host, port: broker.port, advertised: true }
    this.#replicas.set(leader, { reader: { ...leader, target }, until: performance.now() + MAX_AGE_MS })
    return true
  }

  /** Has reads go to the leader for a while: the replica failed, or is not known. */
  avoidReplica(leader: PartitionLeader): void {
    this.#replicas.set(leader, { reader: undefined, until: performance.now() + REPLICA_PAUSE_MS })
  }

  /** Every broker that the cluster last named. */
  brokers(): readonly BrokerAddress[] {
    return [...this.#brokers.values()]
  }

  /** Forgets the brokers and who of them leads what. */
  forgetBrokers(): void {
    this.#brokers.clear()
  }

  /**
   * Takes in the answer about one topic. Throws KAFKA_TOPIC_NOT_FOUND when the cluster does not have it, KAFKA_API_ERROR
   * for its other errors.
   */
  learn(name: string, answer: MetadataAnswer, source: string): CachedTopic {
    if (answer.errorCode !== 0) throw this.#refuse(name, answer.errorCode, source)
    this.forgetBrokers()
    for (const broker of answer.brokers) this.#brokers.set(broker.nodeId, broker)
    const found = answer.topics.find((topic) => topic.name === name)
    const errorCode = found?.errorCode ?? UNKNOWN_TOPIC
    if (found === undefined || errorCode !== 0) {
      const error = this.#refuse(name, errorCode, source)
      // What passes leaves the topic the same one, with what is remembered of its partitions.
      if (error.retriable) this.distrust(name)
      else this.#topics.delete(name)
      throw error
    }
    const topic = this.#merge(name, found)
    this.#topics.set(name, topic)
    return topic
  }

  /** Whether a leader hint was followed: it is newer than what is known and says where the leader is. KIP-951. */
  follow(name: string, partition: number, hint: LeaderHint): boolean {
    const topic = this.#topics.get(name)
    const known = topic?.partitions.get(partition)
    if (topic === undefined || known === undefined || hint.leaderId < 0 || hint.leaderEpoch <= known.leaderEpoch) {
      return false
    }
    const endpoint = hint.endpoints.find((broker) => broker.nodeId === hint.leaderId)
    if (endpoint !== undefined) this.#brokers.set(endpoint.nodeId, endpoint)
    if (!this.#brokers.has(hint.leaderId)) return false
    const { leaderId, leaderEpoch } = hint
    const changed = { partition, leaderId, leaderEpoch }
    topic.partitions.set(partition, changed)
    this.#unsettled.add(changed)
    topic.learntAt = performance.now()
    return true
  }

  /**
   * Of the same topic, what did not change stays the same object, with what is remembered of it. A broker that lags may
   * describe a leader older than the one known: the newer epoch stays.
   */
  #merge(name: string, found: TopicMetadata): CachedTopic {
    const partitions = new Map(found.partitions)
    const known = this.#topics.get(name)
    if (known !== undefined && known.topicId === found.topicId) {
      for (const [index, partition] of partitions) {
        const before = known.partitions.get(index)
        if (before === undefined) continue
        const isOlder = before.leaderEpoch > partition.leaderEpoch && this.#brokers.has(before.leaderId)
        if (isOlder || !isChanged(before, partition)) partitions.set(index, before)
        else this.#unsettled.add(partition)
      }
    }
    return { topicId: found.topicId, partitions, learntAt: performance.now() }
  }

  #refuse(name: string, errorCode: number, source: string): KafkaError {
    const error = refusalError(errorCode, source)
    if (error.retriable) return error
    const oldest = this.#refusals.keys().next()
    if (this.#refusals.size >= MAX_REFUSALS && !oldest.done) this.#refusals.delete(oldest.value)
    this.#refusals.set(name, { error, at: performance.now() })
    return error
  }
}

function isChanged(before: PartitionMetadata, now: PartitionMetadata): boolean {
  return before.leaderEpoch !== now.leaderEpoch || before.leaderId !== now.leaderId
}

function refusalError(errorCode: number, broker: string): KafkaError {
  const name = apiErrorName(errorCode)
  if (errorCode === UNKNOWN_TOPIC) {
    return new KafkaError('KAFKA_TOPIC_NOT_FOUND', 'not found topic', { broker, apiError: name })
  }
  return apiError(errorCode, broker)
}
