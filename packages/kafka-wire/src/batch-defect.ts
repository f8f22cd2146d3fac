import type { KafkaErrorCode } from './errors.ts'

/**
 * Why a record batch cannot be delivered, told by code that does not know the batch's offsets. The message goes on where
 * `record batch at offset N` ends; the transcoder makes a KafkaError of both.
 */
export class BatchDefect extends Error {
  readonly code: KafkaErrorCode

  constructor(code: 'KAFKA_CORRUPT_BATCH' | 'KAFKA_BATCH_TOO_LARGE', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BatchDefect'
    this.code = code
  }
}

/** A batch whose bytes contradict themselves or the protocol; `reason` says what it has or does. */
export const corrupt = (reason: string, cause?: unknown): BatchDefect =>
  new BatchDefect('KAFKA_CORRUPT_BATCH', `is damaged (it ${reason})`, cause)

/** A message set of the formats 0 and 1, whose wrappers may nest. */
export const oldFormat = (magic: number): BatchDefect =>
  new BatchDefect('KAFKA_CORRUPT_BATCH', `has message format ${magic} of before Kafka 0.11, where only 2 is read`)

/** A batch that would decompress to more than `limit` bytes. */
export const tooLarge = (limit: number, cause?: unknown): BatchDefect =>
  new BatchDefect('KAFKA_BATCH_TOO_LARGE', `decompresses to more than the ${limit} bytes allowed`, cause)

/** A batch whose messages would take more than `limit` bytes. */
export const tooLargeAnswer = (limit: number): BatchDefect =>
  new BatchDefect('KAFKA_BATCH_TOO_LARGE', `makes an answer of more than the ${limit} bytes allowed`)

/** What to throw for `error`, caught while a batch was read: a RangeError means that a length led out of the answer. */
export const asDefect = (error: unknown): unknown =>
  error instanceof RangeError ? corrupt('has a length that leads out of it', error) : error
