import type { KafkaErrorCode } from './errors.ts'

/**
 * Why a record batch cannot be delivered, told by code that does not know the batch's offsets. The transcoder turns it
 * into a KafkaError that names them.
 */
export class BatchDefect extends Error {
  readonly code: KafkaErrorCode

  constructor(code: 'KAFKA_CORRUPT_BATCH' | 'KAFKA_BATCH_TOO_LARGE', reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause })
    this.name = 'BatchDefect'
    this.code = code
  }
}

/** A batch whose bytes contradict themselves or the protocol. */
export const corrupt = (reason: string, cause?: unknown): BatchDefect =>
  new BatchDefect('KAFKA_CORRUPT_BATCH', reason, cause)

/** A batch that would decompress to more than `limit` bytes. */
export const tooLarge = (limit: number, cause?: unknown): BatchDefect =>
  new BatchDefect('KAFKA_BATCH_TOO_LARGE', `decompresses to more than the ${limit} bytes allowed`, cause)

/** What to throw for `error`, caught while a batch was read: a RangeError means that a length led out of the answer. */
export const asDefect = (error: unknown): unknown =>
  error instanceof RangeError ? corrupt('has a length that leads out of it', error) : error
