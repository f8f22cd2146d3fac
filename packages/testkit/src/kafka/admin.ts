import type { Admin } from 'kafkajs'
import { openKafkaJs } from './kafkajs.ts'

export interface TopicOptions {
  /** 1 by default. */
  readonly partitions?: number
  /** 1 by default. */
  readonly replicationFactor?: number
  /** Topic settings by their Kafka names, such as `max.message.bytes`. */
  readonly config?: Readonly<Record<string, string>>
}

/** What tests change in a cluster. */
export interface KafkaAdmin {
  /** Makes a topic and waits until every partition has a leader. Rejects if the topic exists. */
  createTopic(name: string, options?: TopicOptions): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Moves the start of a partition's log to `offset`. */
  deleteRecordsBefore(topic: string, partition: number, offset: bigint): Promise<void>
  /** The node id of a partition's leader; -1 while there is none. */
  leader(topic: string, partition: number): Promise<number>
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
    deleteRecordsBefore: (topic, partition, offset) =>
      admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] }),
    async leader(topic, partition) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1
    },
    topics: () => admin.listTopics(),
    close: () => admin.disconnect(),
  }
}

async function createTopic(admin: Admin, topic: string, options: TopicOptions): Promise<void> {
  const { partitions = 1, replicationFactor = 1, config = {} } = options
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  const made = await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
  })
  if (!made) throw new Error(`topic ${topic} exists already`)
}
