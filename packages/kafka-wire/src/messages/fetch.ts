import type { AbortedTransaction } from '../aborted-transactions.ts'
import { apiErrorCode } from '../api-errors.ts'
import { type ApiRequest, apiRequest } from '../api-request.ts'
import { KafkaError } from '../errors.ts'
import type { Reader } from '../primitives/reader.ts'
import type { Isolation } from '../transcode.ts'
import type { BrokerAddress } from './metadata.ts'

/** What is asked of one partition. */
export interface FetchQuestion {
  readonly topic: string
  /** 32 hex digits; needed from v13. */
  readonly topicId: string | undefined
  readonly partition: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  /** Epoch of the last record before `offset` that the reader has, for the broker to compare (v12, KIP-595); -1 when unknown. */
  readonly lastFetchedEpoch: number
  readonly offset: bigint
  readonly maxBytes: number
  /** How long the broker waits for a first record, in milliseconds. */
  readonly maxWaitMs: number
  readonly isolation: Isolation
  /** Where the reader is, for a leader that knows a nearer replica (v11, KIP-392); empty to be served by who is asked. */
  readonly rackId: string
}

/** Who leads the partition now, in the eyes of a broker that does not. KIP-951. */
export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
  /** Addresses, the leader's among them, from v16. */
  readonly endpoints: readonly BrokerAddress[]
}

/** What Fetch answers for one partition, without its records. */
export interface FetchHeader {
  readonly errorCode: number
  readonly highWatermark: bigint
  readonly lastStableOffset: bigint
  /** -1 when unknown. */
  readonly logStartOffset: bigint
  readonly leaderHint: LeaderHint | undefined
  /** The replica to ask instead, in the rack of the reader; -1 for none. KIP-392. */
  readonly preferredReplica: number
  /** Where the log of the broker ends for an epoch that it knows, when it is not that of `lastFetchedEpoch`. KIP-595. */
  readonly diverging: { readonly epoch: number; readonly endOffset: bigint } | undefined
}

/** The answer of {@link fetchRequest}. */
export interface FetchResult<T> {
  readonly header: FetchHeader
  /** What `onRecords` returned; undefined when the broker answered with an error. */
  readonly records: T | undefined
}

/** Versions spoken here: v4 is the first of record batches, v17 the newest needed (v18 adds a field for followers). */
export const FETCH = { apiKey: 1, apiName: 'Fetch', min: 4, max: 17 } as const

const THROTTLED = apiErrorCode('THROTTLING_QUOTA_EXCEEDED')

/** From this version on, topics are named by id (KIP-516). */
export const FETCH_TOPIC_ID = 13

/**
 * Fetch, key 1, v4 to v17, for one partition, never in a fetch session. Source: FetchRequest.json and FetchResponse.json
 * of Kafka 4.1, KIP-98, KIP-227, KIP-320, KIP-392, KIP-516, KIP-595, KIP-903, KIP-951.
 *
 * Request  => to v14 replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8,
 *             from v7 session_id INT32, session_epoch INT32,
 *             [topic STRING (from v13 topic_id UUID), [partition INT32, from v9 current_leader_epoch INT32,
 *              fetch_offset INT64, from v12 last_fetched_epoch INT32, from v5 log_start_offset INT64,
 *              partition_max_bytes INT32, TAGS], TAGS],
 *             from v7 [forgotten topics], from v11 rack_id STRING, TAGS
 * Response => throttle_time_ms INT32, from v7 error_code INT16, session_id INT32,
 *             [topic STRING (from v13 topic_id UUID), [partition_index INT32, error_code INT16, high_watermark INT64,
 *              last_stable_offset INT64, from v5 log_start_offset INT64, [producer_id INT64, first_offset INT64, TAGS],
 *              from v11 preferred_read_replica INT32, records RECORDS,
 *              TAGS(0 => diverging_epoch: epoch INT32, end_offset INT64, TAGS,
 *                   1 => current_leader: leader_id INT32, leader_epoch INT32, TAGS)], TAGS],
 *             TAGS(from v16: 0 => [node_id INT32, host STRING, port INT32, rack NULLABLE_STRING, TAGS])
 * Compact types and tags from v12.
 *
 * `onRecords` gets the records as a view that is valid only during the call.
 */
export function fetchRequest<T>(
  version: number,
  question: FetchQuestion,
  onRecords: (records: Buffer, aborted: readonly AbortedTransaction[]) => T,
): ApiRequest<FetchResult<T>> {
  const flexible = version >= 12
  return apiRequest({
    apiKey: FETCH.apiKey,
    apiName: FETCH.apiName,
    version,
    flexible,
    answersThrottle: version >= 8,
    holdMs: question.maxWaitMs,
    write: (writer) => {
      if (version <= 14) writer.int32(-1)
      writer.int32(question.maxWaitMs).int32(question.maxWaitMs > 0 ? 1 : 0)
      writer.int32(question.maxBytes).int8(question.isolation === 'read_committed' ? 1 : 0)
      if (version >= 7) writer.int32(0).int32(-1)
      writer.array([question], flexible, () => {
        if (version >= FETCH_TOPIC_ID) writer.uuid(question.topicId ?? '')
        else writer.string(question.topic, flexible)
        writer.array([question], flexible, () => {
          writer.int32(question.partition)
          if (version >= 9) writer.int32(question.leaderEpoch)
          writer.int64(question.offset)
          if (version >= 12) writer.int32(question.lastFetchedEpoch)
          if (version >= 5) writer.int64(-1n)
          writer.int32(question.maxBytes).noTaggedFields(flexible)
        })
        writer.noTaggedFields(flexible)
      })
      if (version >= 7) writer.array([], flexible, () => {})
      if (version >= 11) writer.string(question.rackId, flexible)
      writer.noTaggedFields(flexible)
    },
    read: (reader) => readAnswer(reader, version, flexible, onRecords),
  })
}

type OnRecords<T> = (records: Buffer, aborted: readonly AbortedTransaction[]) => T

interface PartitionData {
  readonly errorCode: number
  readonly highWatermark: bigint
  readonly lastStableOffset: bigint
  readonly logStartOffset: bigint
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
  readonly leader: { readonly leaderId: number; readonly leaderEpoch: number } | undefined
  readonly preferredReplica: number
  readonly diverging: FetchHeader['diverging']
}

function readAnswer<T>(reader: Reader, version: number, flexible: boolean, onRecords: OnRecords<T>): FetchResult<T> {
  const throttleMs = reader.int32()
  const topLevelError = version >= 7 ? reader.int16() : 0
  if (version >= 7) reader.int32()
  let data: PartitionData | undefined
  reader.array(flexible, 3, () => {
    if (version >= FETCH_TOPIC_ID) reader.skip(16)
    else reader.string(flexible)
    reader.array(flexible, 28, () => {
      const partition = readPartition(reader, version, flexible)
      data ??= partition
    })
    if (flexible) reader.taggedFields()
  })
  const endpoints = flexible ? readEndpoints(reader) : []
  if (data === undefined) {
    // A quota that is used up empties the answer, its partitions included.
    const errorCode = topLevelError === 0 && throttleMs > 0 ? THROTTLED : topLevelError
    return { header: withoutPartition(errorCode), records: undefined }
  }
  const errorCode = topLevelError === 0 ? data.errorCode : topLevelError
  const { highWatermark, lastStableOffset, logStartOffset, preferredReplica, diverging } = data
  const leaderHint = data.leader === undefined ? undefined : { ...data.leader, endpoints }
  const header = { errorCode, highWatermark, lastStableOffset, logStartOffset, leaderHint, preferredReplica, diverging }
  return { header, records: errorCode === 0 ? onRecords(data.records, data.aborted) : undefined }
}

function withoutPartition(errorCode: number): FetchHeader {
  if (errorCode === 0) throw new KafkaError('KAFKA_PROTOCOL', 'malformed answer: Fetch without partition')
  return {
    errorCode,
    highWatermark: -1n,
    lastStableOffset: -1n,
    logStartOffset: -1n,
    leaderHint: undefined,
    preferredReplica: -1,
    diverging: undefined,
  }
}

function readPartition(reader: Reader, version: number, flexible: boolean): PartitionData {
  reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  const logStartOffset = version >= 5 ? reader.int64() : -1n
  const aborted = reader.array(flexible, 16, () => {
    const transaction = { producerId: reader.int64(), firstOffset: reader.int64() }
    if (flexible) reader.taggedFields()
    return transaction
  })
  const preferredReplica = version >= 11 ? reader.int32() : -1
  const records = reader.nullableBytes(flexible) ?? Buffer.alloc(0)
  let leader: PartitionData['leader']
  let diverging: FetchHeader['diverging']
  if (flexible) {
    reader.taggedFields((tag, field) => {
      if (tag === 0) diverging = { epoch: field.int32(), endOffset: field.int64() }
      if (tag === 1) leader = { leaderId: field.int32(), leaderEpoch: field.int32() }
    })
  }
  return {
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    aborted,
    records,
    leader,
    preferredReplica,
    diverging,
  }
}

function readEndpoints(reader: Reader): BrokerAddress[] {
  const endpoints: BrokerAddress[] = []
  reader.taggedFields((tag, field) => {
    if (tag !== 0) return
    field.array(true, 11, () => {
      endpoints.push({ nodeId: field.int32(), host: field.string(true), port: field.int32() })
      field.nullableString(true)
      field.taggedFields()
    })
  })
  return endpoints
}
