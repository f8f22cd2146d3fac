import { type ApiRequest, apiRequest } from '../api-request.ts'
import type { Reader } from '../primitives/reader.ts'

/** A broker as the cluster advertises it. */
export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** A partition's leader. */
export interface PartitionMetadata {
  readonly partition: number
  /** Node id, -1 when there is none. */
  readonly leaderId: number
  /** -1 when the broker does not tell (below v7). */
  readonly leaderEpoch: number
}

/** What is known of a topic. */
export interface TopicMetadata {
  readonly errorCode: number
  readonly name: string | null
  /** 32 hex digits; undefined when the broker does not tell (below v10). */
  readonly topicId: string | undefined
  readonly partitions: ReadonlyMap<number, PartitionMetadata>
  /** What the user may do with it, a bit for each operation by its code (KIP-430); undefined when the broker does not tell. */
  readonly operations?: number
}

/** What Metadata answers. */
export interface MetadataAnswer {
  readonly errorCode: number
  readonly brokers: readonly BrokerAddress[]
  readonly topics: readonly TopicMetadata[]
}

/** Versions spoken here: v4 is the first that can forbid to create the topic, v13 the newest of Kafka 4.1. */
export const METADATA = { apiKey: 3, apiName: 'Metadata', min: 4, max: 13 } as const

const NO_TOPIC_ID = '0'.repeat(32)
/** Stands for operations that were not asked for. */
const NO_OPERATIONS = -(2 ** 31)

/**
 * Metadata, key 3, v4 to v13, for one topic, which it never creates. Source: MetadataRequest.json and
 * MetadataResponse.json of Kafka 4.1, KIP-204, KIP-430, KIP-516, KIP-1102.
 *
 * Request  => [from v10 topic_id UUID, name STRING, TAGS], allow_auto_topic_creation BOOLEAN,
 *             v8-v10 include_cluster_authorized_operations BOOLEAN,
 *             from v8 include_topic_authorized_operations BOOLEAN, TAGS
 * Response => throttle_time_ms INT32, [node_id INT32, host STRING, port INT32, rack NULLABLE_STRING, TAGS],
 *             cluster_id NULLABLE_STRING, controller_id INT32,
 *             [error_code INT16, name STRING (v12 nullable), from v10 topic_id UUID, is_internal BOOLEAN,
 *               [error_code INT16, partition_index INT32, leader_id INT32, from v7 leader_epoch INT32,
 *                [replica INT32], [isr INT32], from v5 [offline INT32], TAGS],
 *              from v8 topic_authorized_operations INT32, TAGS],
 *             v8-v10 cluster_authorized_operations INT32, from v13 error_code INT16, TAGS
 * Compact types and tags from v9.
 *
 * @param asksOperations whether the broker is to tell what the user may do with the topic, from v8 on
 */
export function metadataRequest(version: number, topic: string, asksOperations = false): ApiRequest<MetadataAnswer> {
  const flexible = version >= 9
  return apiRequest({
    apiKey: METADATA.apiKey,
    apiName: METADATA.apiName,
    version,
    flexible,
    answersThrottle: version >= 6,
    write: (writer) => {
      writer.array([topic], flexible, (name) => {
        if (version >= 10) writer.uuid(NO_TOPIC_ID)
        writer.string(name, flexible).noTaggedFields(flexible)
      })
      writer.boolean(false)
      if (version >= 8 && version <= 10) writer.boolean(false)
      if (version >= 8) writer.boolean(asksOperations)
      writer.noTaggedFields(flexible)
    },
    read: (reader) => readAnswer(reader, version, flexible),
  })
}

function readAnswer(reader: Reader, version: number, flexible: boolean): MetadataAnswer {
  reader.int32()
  const brokers = reader.array(flexible, 10, () => readBroker(reader, flexible))
  reader.nullableString(flexible)
  reader.int32()
  const topics = reader.array(flexible, 6, () => readTopic(reader, version, flexible))
  if (version >= 8 && version <= 10) reader.int32()
  const errorCode = version >= 13 ? reader.int16() : 0
  if (flexible) reader.taggedFields()
  return { errorCode, brokers, topics }
}

function readBroker(reader: Reader, flexible: boolean): BrokerAddress {
  const broker = { nodeId: reader.int32(), host: reader.string(flexible), port: reader.int32() }
  reader.nullableString(flexible)
  if (flexible) reader.taggedFields()
  return broker
}

function readTopic(reader: Reader, version: number, flexible: boolean): TopicMetadata {
  const errorCode = reader.int16()
  const name = reader.nullableString(flexible)
  const id = version >= 10 ? reader.uuid() : NO_TOPIC_ID
  reader.boolean()
  const partitions = new Map<number, PartitionMetadata>()
  reader.array(flexible, 18, () => {
    const partition = readPartition(reader, version, flexible)
    partitions.set(partition.partition, partition)
  })
  const operations = version >= 8 ? reader.int32() : NO_OPERATIONS
  if (flexible) reader.taggedFields()
  const told = operations === NO_OPERATIONS ? {} : { operations }
  return { errorCode, name, topicId: id === NO_TOPIC_ID ? undefined : id, partitions, ...told }
}

function readPartition(reader: Reader, version: number, flexible: boolean): PartitionMetadata {
  reader.int16()
  const metadata = {
    partition: reader.int32(),
    leaderId: reader.int32(),
    leaderEpoch: version >= 7 ? reader.int32() : -1,
  }
  reader.skipInt32Array(flexible)
  reader.skipInt32Array(flexible)
  if (version >= 5) reader.skipInt32Array(flexible)
  if (flexible) reader.taggedFields()
  return metadata
}
