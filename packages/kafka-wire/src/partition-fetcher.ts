import type { ApiRequest } from './api-request.ts'
import { KafkaError } from './errors.ts'
import { fetchRequest } from './messages/fetch.ts'
import type { FetchResult, OnRecords } from './messages/fetch-answer.ts'
import { FETCH, FETCH_TOPIC_ID } from './messages/fetch-question.ts'
import { FetchTemplates } from './messages/fetch-template.ts'
import type { ReadyConnection } from './open-connection.ts'
import type { PartitionRead } from './shared-read.ts'
import type { SlabPool } from './slab-pool.ts'
import { type TranscodeResult, transcode } from './transcode.ts'
import { chooseVersion } from './versions.ts'

const FETCH_BY_NAME = { ...FETCH, max: FETCH_TOPIC_ID - 1 }

/** What the records of a partition came to: an error is of this partition only. */
export type Transcoded = TranscodeResult | KafkaError

/** What the partitions of one request may answer together, in bytes; one alone may answer more. */
export const MOST_BYTES = 8 * 1024 * 1024

/** Bounds of the answers. */
export interface FetcherOptions {
  readonly slabs: SlabPool
  readonly maxDecompressedBytes: number
}

/**
 * Makes the Fetch request for several partitions at once, whose answers are transcoded as they are read.
 *
 * @param templates of the connection, for one partition that is not waited for
 */
export function createFetchRequest(
  { connection, versions }: ReadyConnection,
  reads: readonly PartitionRead[],
  maxWaitMs: number,
  { slabs, maxDecompressedBytes }: FetcherOptions,
  templates?: FetchTemplates,
): ApiRequest<readonly FetchResult<Transcoded>[]> {
  const named = reads.some(({ topicId }) => topicId === undefined)
  const version = chooseVersion(versions, named ? FETCH_BY_NAME : FETCH, connection.broker)
  const [first] = reads
  const { isolation = 'read_uncommitted', rackId = '' } = first ?? {}
  let maxBytes = 0
  for (const read of reads) maxBytes += read.maxBytes
  if (reads.length > 1) maxBytes = Math.min(maxBytes, MOST_BYTES)
  const question = { maxWaitMs, maxBytes, isolation, rackId, partitions: reads }
  const encode =
    templates !== undefined && first !== undefined && reads.length === 1 && FetchTemplates.takes(version)
      ? (correlationId: number, clientId: string) => templates.encode(version, first, correlationId, clientId)
      : undefined
  const onRecords: OnRecords<Transcoded> = (index, records, abortedTransactions) => {
    const fromOffset = reads[index]?.offset ?? 0n
    try {
      return transcode(records, {
        fromOffset,
        isolation,
        abortedTransactions,
        limits: { maxDecompressedBytes },
        pool: slabs,
      })
    } catch (error) {
      // One damaged partition takes nothing from the others.
      if (error instanceof KafkaError) return error
      throw error
    }
  }
  return fetchRequest(version, question, onRecords, encode)
}
