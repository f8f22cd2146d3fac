import { type ApiRequest, apiRequest } from '../api-request.ts'
import type { Reader } from '../primitives/reader.ts'
import type { Isolation } from '../transcode.ts'
import { byTopic } from './by-topic.ts'

/** What is asked of one partition. */
export interface ListOffsetsQuestion {
  readonly topic: string
  readonly partition: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  /** -1 latest, -2 earliest, -3 the record with the largest timestamp (v7), else milliseconds. */
  readonly timestamp: bigint
  readonly isolation: Isolation
}

/** What ListOffsets answers for one partition. */
export interface ListOffsetsAnswer {
  readonly errorCode: number
  /** -1 when no record is at or after the timestamp. */
  readonly offset: bigint
}

/** Versions spoken here: v2 is the first with an isolation level. */
export const LIST_OFFSETS = { apiKey: 2, apiName: 'ListOffsets', min: 2, max: 10 } as const

/** The first version that knows timestamp -3 (KIP-734). */
export const LIST_OFFSETS_MAX_TIMESTAMP = 7

/**
 * ListOffsets, key 2, v2 to v10, for partitions each of which occurs once, at one isolation level. The answers are in the
 * order of the questions, undefined where the broker left one out. Source: ListOffsetsRequest.json and
 * ListOffsetsResponse.json of Kafka 4.1, KIP-98, KIP-320, KIP-734, KIP-1075.
 *
 * Request  => replica_id INT32, isolation_level INT8,
 *             [name STRING, [partition_index INT32, from v4 current_leader_epoch INT32, timestamp INT64, TAGS], TAGS],
 *             from v10 timeout_ms INT32, TAGS
 * Response => throttle_time_ms INT32,
 *             [name STRING, [partition_index INT32, error_code INT16, timestamp INT64, offset INT64,
 *              from v4 leader_epoch INT32, TAGS], TAGS], TAGS
 * Compact types and tags from v6.
 *
 * @param timeoutMs how long the broker may look in remote storage, in milliseconds (v10)
 */
export function listOffsetsRequest(
  version: number,
  questions: readonly ListOffsetsQuestion[],
  timeoutMs: number,
): ApiRequest<readonly (ListOffsetsAnswer | undefined)[]> {
  const flexible = version >= 6
  return apiRequest({
    apiKey: LIST_OFFSETS.apiKey,
    apiName: LIST_OFFSETS.apiName,
    version,
    flexible,
    answersThrottle: version >= 3,
    write: (writer) => {
      writer.int32(-1).int8(questions[0]?.isolation === 'read_committed' ? 1 : 0)
      writer.array(byTopic(questions), flexible, (ofTopic) => {
        writer.string(ofTopic[0]?.topic ?? '', flexible)
        writer.array(ofTopic, flexible, ({ partition, leaderEpoch, timestamp }) => {
          writer.int32(partition)
          if (version >= 4) writer.int32(leaderEpoch)
          writer.int64(timestamp).noTaggedFields(flexible)
        })
        writer.noTaggedFields(flexible)
      })
      if (version >= 10) writer.int32(timeoutMs)
      writer.noTaggedFields(flexible)
    },
    read: (reader) => readAnswers(reader, version, questions),
  })
}

function readAnswers(
  reader: Reader,
  version: number,
  questions: readonly ListOffsetsQuestion[],
): readonly (ListOffsetsAnswer | undefined)[] {
  const flexible = version >= 6
  const answers = new Array<ListOffsetsAnswer | undefined>(questions.length).fill(undefined)
  const places = questions.length === 1 ? undefined : placesOf(questions)
  reader.int32()
  reader.array(flexible, 3, () => {
    const topic = reader.string(flexible)
    reader.array(flexible, 22, () => {
      const partition = reader.int32()
      const errorCode = reader.int16()
      reader.int64()
      const offset = reader.int64()
      if (version >= 4) reader.int32()
      if (flexible) reader.taggedFields()
      const index = places === undefined ? 0 : places.get(`${partition} ${topic}`)
      if (index !== undefined) answers[index] ??= { errorCode, offset }
    })
    if (flexible) reader.taggedFields()
  })
  return answers
}

const placesOf = (questions: readonly ListOffsetsQuestion[]): ReadonlyMap<string, number> =>
  new Map(questions.map(({ partition, topic }, index) => [`${partition} ${topic}`, index]))
