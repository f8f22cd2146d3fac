import { KafkaError } from './errors.ts'
import type { LeaderAnswer } from './leaders.ts'
import { type FetchPosition, truncated } from './log-position.ts'
import type { FetchHeader, FetchResult } from './messages/fetch-answer.ts'
import type { Transcoded } from './partition-fetcher.ts'
import type { PartitionAnswer, PartitionRead } from './shared-read.ts'
import type { Isolation, TranscodeResult } from './transcode.ts'

/** Records as the body of a `KafkaFetchResp`, and where the log stands. `release()` must be called once they are used. */
export interface FetchAnswer extends TranscodeResult {
  readonly highWatermark: bigint
  /** -1 when the broker does not tell. */
  readonly logStartOffset: bigint
  /** For the fetch that goes on from here; absent when nothing was passed. */
  readonly position: FetchPosition | undefined
}

/** What one request brought, and where the log ends for its reader. */
export interface Fetched {
  readonly answer: FetchAnswer
  readonly logEnd: bigint
}

/**
 * What a broker's answer comes to for a command that asked from an offset on. Throws KAFKA_LOG_TRUNCATED.
 *
 * @param from the offset that the command asked for, of which the read may be a later part
 */
export function toLeaderAnswer(
  { offset, isolation, topicId }: PartitionRead,
  { broker, header, records }: PartitionAnswer,
  from: bigint,
): LeaderAnswer<Fetched> {
  const { errorCode, highWatermark, logStartOffset, leaderHint: hint, preferredReplica, diverging } = header
  if (diverging !== undefined || preferredReplica >= 0) records?.release()
  if (diverging !== undefined) throw truncated(diverging.endOffset, offset)
  if (records === undefined || preferredReplica >= 0)
    return { errorCode, result: undefined, broker, hint, preferredReplica }
  const logEnd = logEndOf(header, isolation)
  const { bytes, headroom, recordCount, nextOffset, release, leaderEpoch } = records
  const atEnd = nextOffset >= logEnd
  const position = nextOffset > offset ? { from, offset: nextOffset, leaderEpoch, topicId, atEnd } : undefined
  const answer = {
    bytes,
    headroom,
    recordCount,
    nextOffset,
    release,
    leaderEpoch,
    highWatermark,
    logStartOffset,
    position,
  }
  return { errorCode, result: { answer, logEnd }, broker, hint }
}

const nothing = Buffer.alloc(0)

/** The same answer, its memory given back: for one that has no records. */
export function withoutRecords(answer: FetchAnswer): FetchAnswer {
  answer.release()
  return { ...answer, bytes: nothing, headroom: 0, release: () => {} }
}

/** Throws what the records of the partition came to, if that is an error. */
export function toPartitionAnswer(result: FetchResult<Transcoded> | undefined, broker: string): PartitionAnswer {
  if (result === undefined) throw new KafkaError('KAFKA_PROTOCOL', `broker ${broker} left a partition out`, { broker })
  const { header, records } = result
  if (records instanceof KafkaError) throw records
  return { broker, header, records }
}

/** Whether nothing that can be used came from below the end of the log, and no error that says why. */
export function gaveNothing(
  { offset, isolation }: PartitionRead,
  { header, records }: FetchResult<Transcoded>,
): boolean {
  if (header.errorCode !== 0 || header.diverging !== undefined || header.preferredReplica >= 0) return false
  return records instanceof KafkaError || (records?.nextOffset === offset && offset < logEndOf(header, isolation))
}

/** Gives the memory back of what nobody gets. */
export function releaseResult({ records }: FetchResult<Transcoded>): void {
  if (records !== undefined && !(records instanceof KafkaError)) records.release()
}

function logEndOf({ highWatermark, lastStableOffset }: FetchHeader, isolation: Isolation): bigint {
  return isolation === 'read_committed' ? lastStableOffset : highWatermark
}
