import type { Isolation } from '../transcode.ts'

/** What is asked of one partition. */
export interface PartitionQuestion {
  readonly topic: string
  /** 32 hex digits; needed from v13. */
  readonly topicId: string | undefined
  readonly partition: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  /** Epoch of the last record before `offset` that the reader has, for the broker to compare (v12, KIP-595); -1 when unknown. */
  readonly lastFetchedEpoch: number
  readonly offset: bigint
  readonly maxBytes: number
}

/** Where a request stands in a fetch session of the broker (v7, KIP-227). */
export interface SessionStep {
  /** 0 to begin one. */
  readonly id: number
  readonly epoch: number
  /** Those questions of the request that the broker does not remember. */
  readonly named: readonly PartitionQuestion[]
  /** What it remembers and is not asked for any more. */
  readonly forgotten: readonly PartitionQuestion[]
  /**
   * Takes the error code and the session of the answer; whether partitions that the answer leaves out have nothing new to
   * say.
   */
  answered(errorCode: number, sessionId: number): boolean
}

/** What is asked of a broker. */
export interface FetchQuestion {
  /** How long the broker waits for a first record, in milliseconds. */
  readonly maxWaitMs: number
  /** Of record batches in the whole answer, in bytes. */
  readonly maxBytes: number
  readonly isolation: Isolation
  /** Where the reader is, for a leader that knows a nearer replica (v11, KIP-392); empty to be served by who is asked. */
  readonly rackId: string
  /** Each partition once. Only the first with records is sure to get its first batch whole. */
  readonly partitions: readonly PartitionQuestion[]
  /** Of a fetch session; without one all partitions are named. */
  readonly session?: SessionStep | undefined
}

/** Versions spoken here: v4 is the first of record batches, v17 the newest needed (v18 adds a field for followers). */
export const FETCH = { apiKey: 1, apiName: 'Fetch', min: 4, max: 17 } as const

/** From this version on, topics are named by id (KIP-516). */
export const FETCH_TOPIC_ID = 13
