import { type ApiRequest, apiRequest } from '../api-request.ts'
import type { Writer } from '../primitives/writer.ts'
import { byTopic } from './by-topic.ts'
import { type FetchResult, type FetchResults, type OnRecords, readFetchAnswer } from './fetch-answer.ts'
import { FETCH, FETCH_TOPIC_ID, type FetchQuestion, type PartitionQuestion } from './fetch-question.ts'

/**
 * Fetch, key 1, v4 to v17. The answers are in the order of the questions; undefined where a fetch session has nothing new of
 * a partition. Source: FetchRequest.json and FetchResponse.json of Kafka 4.1, KIP-98, KIP-227, KIP-320, KIP-392, KIP-516, KIP-595, KIP-903, KIP-951.
 *
 * Request  => to v14 replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8,
 *             from v7 session_id INT32, session_epoch INT32,
 *             [topic STRING (from v13 topic_id UUID), [partition INT32, from v9 current_leader_epoch INT32,
 *              fetch_offset INT64, from v12 last_fetched_epoch INT32, from v5 log_start_offset INT64,
 *              partition_max_bytes INT32, TAGS], TAGS],
 *             from v7 [topic STRING (from v13 topic_id UUID), [partition INT32], TAGS] to be forgotten, from v11 rack_id STRING, TAGS
 * Response => throttle_time_ms INT32, from v7 error_code INT16, session_id INT32,
 *             [topic STRING (from v13 topic_id UUID), [partition_index INT32, error_code INT16, high_watermark INT64,
 *              last_stable_offset INT64, from v5 log_start_offset INT64, [producer_id INT64, first_offset INT64, TAGS],
 *              from v11 preferred_read_replica INT32, records RECORDS,
 *              TAGS(0 => diverging_epoch: epoch INT32, end_offset INT64, TAGS,
 *                   1 => current_leader: leader_id INT32, leader_epoch INT32, TAGS)], TAGS],
 *             TAGS(from v16: 0 => [node_id INT32, host STRING, port INT32, rack NULLABLE_STRING, TAGS])
 * Compact types and tags from v12.
 *
 * `onRecords` gets the records of the question at an index as a view that is valid only during the call.
 */
export function fetchRequest<T>(
  version: number,
  question: FetchQuestion,
  onRecords: OnRecords<T>,
  encode?: ApiRequest<unknown>['encode'],
): ApiRequest<FetchResults<T> | Promise<FetchResults<T>>> {
  const flexible = version >= 12
  const { maxWaitMs, maxBytes, isolation, rackId, partitions, session } = question
  return apiRequest({
    apiKey: FETCH.apiKey,
    apiName: FETCH.apiName,
    version,
    flexible,
    answersThrottle: version >= 8,
    holdMs: maxWaitMs,
    encode,
    write: (writer) => {
      if (version <= 14) writer.int32(-1)
      writer.int32(maxWaitMs).int32(maxWaitMs > 0 ? 1 : 0)
      writer.int32(maxBytes).int8(isolation === 'read_committed' ? 1 : 0)
      if (version >= 7) writer.int32(session?.id ?? 0).int32(session?.epoch ?? -1)
      writer.array(byTopic(session?.named ?? partitions), flexible, (ofTopic) => {
        writeTopic(writer, version, ofTopic)
        writer.array(
          ofTopic,
          flexible,
          ({ partition, leaderEpoch, offset, lastFetchedEpoch, maxBytes: partitionMaxBytes }) => {
            writer.int32(partition)
            if (version >= 9) writer.int32(leaderEpoch)
            writer.int64(offset)
            if (version >= 12) writer.int32(lastFetchedEpoch)
            if (version >= 5) writer.int64(-1n)
            writer.int32(partitionMaxBytes).noTaggedFields(flexible)
          },
        )
        writer.noTaggedFields(flexible)
      })
      if (version >= 7)
        writer.array(byTopic(session?.forgotten ?? []), flexible, (ofTopic) => {
          writeTopic(writer, version, ofTopic)
          writer.array(ofTopic, flexible, ({ partition }) => writer.int32(partition)).noTaggedFields(flexible)
        })
      if (version >= 11) writer.string(rackId, flexible)
      writer.noTaggedFields(flexible)
    },
    read: (reader) => settled(readFetchAnswer(reader, version, question, onRecords)),
  })
}

function writeTopic(writer: Writer, version: number, [first]: readonly PartitionQuestion[]): void {
  if (version >= FETCH_TOPIC_ID) writer.uuid(first?.topicId ?? '')
  else writer.string(first?.topic ?? '', version >= 12)
}

/** The results once all of them are there: the same ones, without a promise, where nothing is to be waited for. */
function settled<T>(results: FetchResults<T | Promise<T>>): FetchResults<T> | Promise<FetchResults<T>> {
  return results.every(isThere)
    ? results
    : Promise.all(results.map(async (result) => result && { header: result.header, records: await result.records }))
}

function isThere<T>(result: FetchResult<T | Promise<T>> | undefined): result is FetchResult<T> | undefined {
  return !(result?.records instanceof Promise)
}
