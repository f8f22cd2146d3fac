import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import type { FetchSession } from './fetch-session.ts'
import { fetchRequest } from './messages/fetch.ts'
import type { FetchResults, OnRecords } from './messages/fetch-answer.ts'
import { FETCH, FETCH_TOPIC_ID } from './messages/fetch-question.ts'
import { FetchTemplates } from './messages/fetch-template.ts'
import type { OffLoop } from './off-loop.ts'
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
  /** Takes what would hold the event loop up. */
  readonly offLoop: OffLoop
}

/** A question of several partitions. */
export interface FetchOrder {
  readonly reads: readonly PartitionRead[]
  readonly maxWaitMs: number
  /** Of the connection, for one partition that is not waited for. */
  readonly templates?: FetchTemplates
  /** Of the connection, for many partitions that are asked for again and again; used where topics are named by id. */
  readonly session?: FetchSession | undefined
}

/** Sends the Fetch request for several partitions at once, whose answers are transcoded as they are read. */
export function sendFetch(
  { connection, versions }: ReadyConnection,
  { reads, maxWaitMs, templates, session }: FetchOrder,
  command: Command,
  { slabs, maxDecompressedBytes, offLoop }: FetcherOptions,
): Promise<FetchResults<Transcoded>> {
  const named = reads.some(({ topicId }) => topicId === undefined)
  const version = chooseVersion(versions, named ? FETCH_BY_NAME : FETCH, connection.broker)
  const [first] = reads
  const { isolation = 'read_uncommitted', rackId = '' } = first ?? {}
  let maxBytes = 0
  for (const read of reads) maxBytes += read.maxBytes
  if (reads.length > 1) maxBytes = Math.min(maxBytes, MOST_BYTES)
  const step = version >= FETCH_TOPIC_ID ? session?.ask(reads) : undefined
  const question = { maxWaitMs, maxBytes, isolation, rackId, partitions: reads, session: step }
  const encode =
    templates !== undefined && first !== undefined && reads.length === 1 && FetchTemplates.takes(version)
      ? (correlationId: number, clientId: string) => templates.encode(version, first, correlationId, clientId)
      : undefined
  const limits = { maxDecompressedBytes }
  const onRecords: OnRecords<Transcoded> = (index, records, abortedTransactions) => {
    const options = { fromOffset: reads[index]?.offset ?? 0n, isolation, abortedTransactions, limits }
    if (offLoop.takes(records)) return offLoop.transcode(records, options, command)
    try {
      return transcode(records, { ...options, pool: slabs })
    } catch (error) {
      // One damaged partition takes nothing from the others.
      if (error instanceof KafkaError) return error
      throw error
    }
  }
  return connection.send(fetchRequest(version, question, onRecords, encode), command)
}

/** Has the broker forget what a fetch session asked for. */
export async function endSession(
  { connection, versions }: ReadyConnection,
  session: FetchSession,
  command: Command,
): Promise<void> {
  const version = chooseVersion(versions, FETCH, connection.broker)
  const rest = { maxWaitMs: 0, maxBytes: 0, isolation: 'read_uncommitted', rackId: '', partitions: [] } as const
  await connection.send(
    fetchRequest(version, { ...rest, session: session.end() }, () => undefined),
    command,
  )
}
