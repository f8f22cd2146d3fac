import type { ErrorOffsets, KafkaErrorCode } from '../errors.ts'
import type { TranscodeOptions, TranscodeResult } from '../transcode.ts'

// Memory is shared rather than transferred, so that both sides keep and reuse theirs: fresh memory for each answer cost more
// than decompressing snappy or lz4.

/** Records to be transcoded in the thread, in shared memory that stays as it is until the job is done. */
export interface ThreadJob {
  readonly kind: 'job'
  readonly records: Uint8Array
  readonly options: ThreadOptions
}

export type ThreadOptions = Omit<TranscodeOptions, 'pool'>

/** The answer of an earlier job is no longer used; jobs are numbered from 0 in the order they were given. */
export interface ThreadRelease {
  readonly kind: 'release'
  readonly job: number
}

/** From the thread, for each job in the order they were given. */
export type ThreadOutcome =
  /** The body, in shared memory with room in front of it; the thread does not touch it until its release. */
  | ({ readonly kind: 'done'; readonly bytes: Uint8Array } & Omit<TranscodeResult, 'bytes' | 'release'>)
  | {
      readonly kind: 'refused'
      readonly code: KafkaErrorCode
      readonly message: string
      readonly offsets: ErrorOffsets | undefined
      readonly cause: unknown
    }
