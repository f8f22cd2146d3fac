import type { AbortedTransaction } from '../aborted-transactions.ts'
import { apiErrorCode } from '../api-errors.ts'
import { KafkaError } from '../errors.ts'
import type { Reader } from '../primitives/reader.ts'
import { FETCH_TOPIC_ID, type FetchQuestion, type PartitionQuestion } from './fetch-question.ts'
import type { BrokerAddress } from './metadata.ts'

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

/** Whether the broker said nothing against the question: no error, and no log that goes another way. */
export const hasNoError = ({ errorCode, diverging }: FetchHeader): boolean => errorCode === 0 && diverging === undefined

/** The answer of a Fetch request for one partition. */
export interface FetchResult<T> {
  readonly header: FetchHeader
  /** What `onRecords` returned; undefined when the broker answered with an error. */
  readonly records: T | undefined
}

/** In the order of the questions; undefined where a fetch session has nothing new to say. */
export type FetchResults<T> = readonly (FetchResult<T> | undefined)[]

/** Makes something of the records of one question, at once or later. A promise must not reject. */
export type OnRecords<T> = (index: number, records: Buffer, aborted: readonly AbortedTransaction[]) => T | Promise<T>

const THROTTLED = apiErrorCode('THROTTLING_QUOTA_EXCEEDED')

interface PartitionData {
  readonly partition: number
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

/** Reads the body of an answer. */
export function readFetchAnswer<T>(
  reader: Reader,
  version: number,
  { partitions: questions, session }: Pick<FetchQuestion, 'partitions' | 'session'>,
  onRecords: OnRecords<T>,
): FetchResults<T | Promise<T>> {
  const flexible = version >= 12
  const throttleMs = reader.int32()
  const topLevelError = version >= 7 ? reader.int16() : 0
  const sessionId = version >= 7 ? reader.int32() : 0
  const found: (PartitionData | undefined)[] = questions.map(() => undefined)
  const single = questions.length === 1
  // Brokers answer in the order in which they were asked, mostly.
  let next = 0
  for (let topics = reader.arrayLength(flexible, 3); topics > 0; topics--) {
    let topic = ''
    if (single && version >= FETCH_TOPIC_ID) reader.skip(16)
    else topic = version >= FETCH_TOPIC_ID ? reader.uuid() : reader.string(flexible)
    for (let partitions = reader.arrayLength(flexible, 28); partitions > 0; partitions--) {
      const data = readPartition(reader, version, flexible)
      const index = single ? 0 : indexFrom(next, questions, topic, data.partition, version)
      if (index >= 0) found[index] ??= data
      next = index + 1
    }
    if (flexible) reader.taggedFields()
  }
  const endpoints = flexible ? readEndpoints(reader) : []
  const mayLeaveOut = session?.answered(topLevelError, sessionId) ?? false
  // A quota that is used up empties the answer, its partitions included.
  const absent = topLevelError === 0 && throttleMs > 0 ? THROTTLED : topLevelError
  return found.map((data, index) => {
    if (data === undefined) return mayLeaveOut ? undefined : { header: withoutPartition(absent), records: undefined }
    const errorCode = topLevelError === 0 ? data.errorCode : topLevelError
    const { highWatermark, lastStableOffset, logStartOffset, preferredReplica, diverging } = data
    const leaderHint = data.leader === undefined ? undefined : { ...data.leader, endpoints }
    const header = {
      errorCode,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      leaderHint,
      preferredReplica,
      diverging,
    }
    return { header, records: errorCode === 0 ? onRecords(index, data.records, data.aborted) : undefined }
  })
}

function indexFrom(
  next: number,
  questions: readonly PartitionQuestion[],
  topic: string,
  partition: number,
  version: number,
): number {
  const expected = questions[next]
  if (expected !== undefined && isAbout(expected, topic, partition, version)) return next
  return questions.findIndex((question) => isAbout(question, topic, partition, version))
}

function isAbout(question: PartitionQuestion, topic: string, partition: number, version: number): boolean {
  return question.partition === partition && (version >= FETCH_TOPIC_ID ? question.topicId : question.topic) === topic
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
  const partition = reader.int32()
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
    partition,
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
