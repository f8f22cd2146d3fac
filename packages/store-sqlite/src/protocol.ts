/** Messages between the store's handle and its worker. Values travel as JSON text: the worker has no need to parse them. */

/** A stored resource; a time to live is no concern of readers. */
export interface RawEntry {
  readonly key: string
  readonly value: string
  readonly createdIndex: number
  readonly modifiedIndex: number
}

export interface RawChange {
  readonly key: string
  readonly entry?: RawEntry
}

export interface RawRevision {
  readonly revision: number
  readonly changes: readonly RawChange[]
}

export interface RawWrite {
  readonly key: string
  /** Absent for a delete. */
  readonly value?: string
  readonly ttlSeconds?: number
}

export interface RawCompare {
  readonly key: string
  readonly modifiedIndex: number
}

export type StoreCall =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'list'; readonly prefix: string }
  | { readonly kind: 'transact'; readonly compares: readonly RawCompare[]; readonly writes: readonly RawWrite[] }
  | { readonly kind: 'log'; readonly after: number }
  | { readonly kind: 'expire' }

/** Sent to the worker; `close` ends it. */
export type StoreRequest =
  | { readonly id: number; readonly now: number; readonly call: StoreCall }
  | { readonly id: number; readonly close: true }

/** What a call came to; which fields count depends on the call. */
export interface StoreResult {
  readonly revision: number
  readonly committed: boolean
  readonly entries: readonly RawEntry[]
  /** The revisions that the caller asked for, or the one that it made. */
  readonly log: readonly RawRevision[]
  /** Revisions that the call made, by its writes or by the passing of time. */
  readonly made: readonly RawRevision[]
  /** When the next time to live ends, Unix milliseconds. */
  readonly nextExpiry?: number
}

/** Why a call failed, by the errors of the catalogue, for classes do not cross threads. */
export interface StoreFault {
  readonly kind: 'corrupt' | 'locked' | 'too_new' | 'foreign' | 'failed' | 'revision_gone'
  readonly detail: string
}

/** Sent by the worker, one for each request in their order; id 0 once the file is open. */
export type StoreReply =
  | { readonly id: number; readonly result: StoreResult }
  | { readonly id: number; readonly fault: StoreFault }
