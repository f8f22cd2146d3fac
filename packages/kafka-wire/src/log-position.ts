import { type ErrorOffsets, KafkaError } from './errors.ts'

/** Where a fetch has read up to, and in which log: what is needed to notice that the log changed before the next one. */
export interface FetchPosition {
  /** The offset that was asked for: whoever goes on after the last record, in front of control records, goes on within. */
  readonly from: bigint
  /** The offset after the last record that was passed. */
  readonly offset: bigint
  /** Of the leader that wrote that record; -1 when unknown. KIP-320. */
  readonly leaderEpoch: number
  /** 32 hex digits; undefined when the broker did not say. KIP-516. */
  readonly topicId: string | undefined
  /** Whether the log ended there. */
  readonly atEnd: boolean
}

/** The log was cut back behind what the reader has, as after an unclean election. */
export function truncated(endOffset: bigint, offset: bigint): KafkaError {
  const next = endOffset < offset ? endOffset : offset
  const lost =
    next < offset
      ? `offsets ${next} to ${offset - 1n} are no longer what was read`
      : `what was read before offset ${offset} is no longer in it`
  const text = `the log was cut back by a change of leader: ${lost}; fetch from offset ${next} to read what is there now`
  return new KafkaError('KAFKA_LOG_TRUNCATED', text, { offsets: { badFrom: next, next } })
}

/** The name stands for another topic than at the fetch before. */
export function recreated(topic: string): KafkaError {
  const text = `topic ${topic} was deleted and created again since the last fetch: ask for its first offset with timestamp -2 and go on there`
  return new KafkaError('KAFKA_TOPIC_RECREATED', text)
}

/** The broker says that the log goes on, and gives nothing of it. */
export function silent(offset: bigint, logEnd: bigint): KafkaError {
  const next = offset + 1n
  const text = `the broker gives nothing at offset ${offset}, though the log ends at ${logEnd}: the record batch there may be damaged; fetch from offset ${next}, or further on, to go on`
  return new KafkaError('KAFKA_CORRUPT_BATCH', text, { offsets: { badFrom: offset, next } })
}

/** The same error, with offsets that help to go on. */
export function withOffsets(error: KafkaError, offsets: ErrorOffsets): KafkaError {
  const { code, message, broker, apiError, retriable } = error
  return new KafkaError(code, message, { broker, apiError, retriable, offsets, cause: error })
}
