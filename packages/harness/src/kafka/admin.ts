import type { AclEntry, Admin } from 'kafkajs'
import { openKafkaJs } from './kafkajs.ts'

export interface TopicOptions {
  /** 1 by default. */
  readonly partitions?: number
  /** 1 by default. */
  readonly replicationFactor?: number
  /** Topic settings by their Kafka names, such as `max.message.bytes`. */
  readonly config?: Readonly<Record<string, string>>
}

/** Where a partition is; brokers by their node ids. */
export interface Replicas {
  /** -1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** How long a new topic may be without leaders, in milliseconds. */
const LEADERS_MS = 20_000

/** What tests change in a cluster. */
export interface KafkaAdmin {
  /** Makes a topic and waits until every partition has a leader. Rejects if the topic exists. */
  createTopic(name: string, options?: TopicOptions): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Moves the start of a partition's log to `offset`. */
  deleteRecordsBefore(topic: string, partition: number, offset: bigint): Promise<void>
  /** The node id of a partition's leader; -1 while there is none. */
  leader(topic: string, partition: number): Promise<number>
  /** Where a partition is at the moment. */
  replicas(topic: string, partition: number): Promise<Replicas>
  /** Moves a partition to these brokers; when its leader is not among them another one takes over. Does not wait for it. */
  reassign(topic: string, partition: number, brokers: readonly number[]): Promise<void>
  /** Lets a user read a topic, where the brokers have an authorizer. */
  allowReading(topic: string, username: string): Promise<void>
  /** Takes that back; brokers keep to it some moments later. */
  forbidReading(topic: string, username: string): Promise<void>
  /** The names of all topics, Kafka's own included. */
  topics(): Promise<string[]>
  close(): Promise<void>
}

/**
 * Connects to a cluster as an administrator.
 *
 * @param brokers bootstrap brokers of a listener without TLS and authentication, `host:port[,host:port]`
 */
export async function openAdmin(brokers: string): Promise<KafkaAdmin> {
  const { client } = await openKafkaJs(brokers)
  const admin = client.admin()
  await admin.connect()
  return {
    createTopic: (name, options = {}) => createTopic(admin, name, options),
    deleteTopic: (name) => admin.deleteTopics({ topics: [name] }),
    async deleteRecordsBefore(topic, partition, offset) {
      // kafkajs looks for the leader before it has asked about the topic.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    },
    leader: async (topic, partition) => (await replicasOf(admin, topic, partition)).leader,
    replicas: (topic, partition) => replicasOf(admin, topic, partition),
    reassign: (topic, partition, brokers) =>
      admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: [{ partition, replicas: [...brokers] }] }],
      }),
    allowReading: async (topic, username) => {
      await admin.createAcls({ acl: [mayRead(topic, username)] })
    },
    forbidReading: async (topic, username) => {
      await admin.deleteAcls({ filters: [mayRead(topic, username)] })
    },
    topics: () => admin.listTopics(),
    close: () => admin.disconnect(),
  }
}

const [ACL_TOPIC, ACL_LITERAL, ACL_READ, ACL_ALLOW] = [2, 3, 3, 3] as const

/** Numbers of Kafka's enumerations (KIP-133), as those of kafkajs would have it loaded at the start. */
function mayRead(topic: string, username: string): AclEntry {
  return {
    resourceType: ACL_TOPIC,
    resourceName: topic,
    resourcePatternType: ACL_LITERAL,
    principal: `User:${username}`,
    host: '*',
    operation: ACL_READ,
    permissionType: ACL_ALLOW,
  }
}

async function replicasOf(admin: Admin, topic: string, partition: number): Promise<Replicas> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)
  return { leader: found?.leader ?? -1, replicas: found?.replicas ?? [], inSync: found?.isr ?? [] }
}

async function createTopic(admin: Admin, topic: string, options: TopicOptions): Promise<void> {
  const { partitions = 1, replicationFactor = 1, config = {} } = options
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  const made = await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
  })
  if (!made) throw new Error(`topic ${topic} exists already`)
  const giveUp = performance.now() + LEADERS_MS
  while ((await partitionsWithLeader(admin, topic)) < partitions) {
    if (performance.now() > giveUp) throw new Error(`topic ${topic} has partitions without a leader`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** kafkajs itself gives up at the first broker that has not heard of the topic. */
async function partitionsWithLeader(admin: Admin, topic: string): Promise<number> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.filter(({ leader }) => leader >= 0).length ?? 0
  } catch (error) {
    const { type } = error instanceof Error && 'type' in error ? error : { type: undefined }
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE') return 0
    throw error
  }
}
