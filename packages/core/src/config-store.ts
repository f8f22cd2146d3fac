import type { JsonObject } from './json.ts'

/** One resource as the store keeps it. */
export interface ConfigEntry {
  /** `/<resource>/<id>`, e.g. `/routes/1`, without the `/apisix` of the Admin API's answers. */
  readonly key: string
  /** Secret fields are encrypted. */
  readonly value: JsonObject
  /** Store-wide revision of the write that created the key. */
  readonly createdIndex: number
  /** Store-wide revision of the last write to the key. */
  readonly modifiedIndex: number
}

/** One key's change; without `entry` the key was deleted (or its time to live ran out). */
export interface ConfigChange {
  readonly key: string
  readonly entry?: ConfigEntry
}

/** Everything one revision changed. Revisions come in order; a store that others share has gaps between them. */
export interface ConfigRevision {
  readonly revision: number
  /** The revision since which nothing else changed; that before `revision` where absent. */
  readonly after?: number
  readonly changes: readonly ConfigChange[]
}

/**
 * What a revision is to one who has all that changed up to `served`: `known` already, the `next` one, or one with a `gap`
 * before it. A store that was put back to an earlier state goes on with lower revisions, after the one it had.
 */
export function placeRevision({ revision, after = revision - 1 }: ConfigRevision, served: number): RevisionPlace {
  if (after > served) return 'gap'
  return revision > served || after === served ? 'next' : 'known'
}

export type RevisionPlace = 'known' | 'next' | 'gap'

/** The whole configuration at one revision. */
export interface ConfigSnapshot {
  readonly revision: number
  readonly entries: readonly ConfigEntry[]
}

/** A condition of a transaction: the key's `modifiedIndex` now; 0 means that the key is absent. */
export interface ConfigCompare {
  readonly key: string
  readonly modifiedIndex: number
}

/** One write of a transaction. */
export type ConfigWrite =
  | { readonly kind: 'put'; readonly key: string; readonly value: JsonObject; readonly ttlSeconds?: number }
  | { readonly kind: 'delete'; readonly key: string }

/** What became of a transaction: nothing was written where a comparison failed. */
export type ConfigTransactionResult =
  | { readonly committed: true; readonly revision: number; readonly changes: readonly ConfigChange[] }
  | { readonly committed: false; readonly revision: number }

/**
 * Where configuration is kept. A write is durable before `transact` resolves, and watchers have been told of it by then (where
 * the store is elsewhere and its changes do not come, they are told later).
 * Implementations: packages/store-*; all pass the suite in packages/core/test/support/config-store-contract.ts.
 */
export interface ConfigStore {
  get(key: string): Promise<ConfigEntry | undefined>
  /** Entries whose key starts with the prefix, ordered by key, all of one revision. */
  list(prefix: string): Promise<ConfigSnapshot>
  /** Applies all writes as one revision if every comparison holds, else none. */
  transact(compares: readonly ConfigCompare[], writes: readonly ConfigWrite[]): Promise<ConfigTransactionResult>
  /**
   * Calls the listener for every revision after `revision`, in order, including those before the call that the store still
   * has. Returns the function that ends it.
   *
   * @throws STORE_REVISION_GONE where the store no longer has the revisions asked for: take a snapshot first
   */
  watch(revision: number, listener: (revision: ConfigRevision) => void): Promise<() => void>
  snapshot(): Promise<ConfigSnapshot>
  /** Ends watches and lets go of files; may be called twice. */
  close(): Promise<void>
  /** How a store is that others write to as well; absent where nobody else does. */
  status?(): ConfigStoreStatus
}

/** How a store is that others write to as well. */
export interface ConfigStoreStatus {
  /** Since when its changes have not come, in milliseconds since 1970; absent while they do. */
  readonly awaySince?: number
  /** Keys whose values are no objects. */
  readonly unreadable: readonly string[]
  /** What is wrong with the whole as it is now, whose last good version goes on; absent where nothing is. */
  readonly fault?: string
}
