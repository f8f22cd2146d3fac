import type { Role } from '../keys/grant.ts'

/** What every line about a request of the Admin API says of it. */
export type AuditedRequest = {
  /** Stands in all lines of one request. */
  readonly request: string
  /** Of the key; absent where that is refused, as is its role. */
  readonly key_name?: string
  readonly role?: Role
  /** Of the socket. */
  readonly address: string
  readonly method: string
  /** In its normal form, without the query. */
  readonly path: string
}

/** One resource that a write changes, by hashes: HMAC-SHA-256 in hex of what is stored; null where nothing is. */
export type AuditedChange = {
  readonly key: string
  readonly before: string | null
  readonly after: string | null
}

/** A line of the audit log: what is about to be stored, or what became of a request. Holds no secret. */
export type AuditRecord = AuditedRequest & { readonly time: string } & (
    | { readonly stage: 'intent'; readonly changes: readonly AuditedChange[] }
    | { readonly stage: 'result'; readonly status: number; readonly revision?: number; readonly dry_run?: true }
  )

/** Where the lines go. */
export interface AuditLog {
  /** Resolves once the line is durable. */
  append(record: AuditRecord): Promise<void>
  /** The newest lines that fit, newest first. */
  read(question: AuditQuestion): Promise<readonly AuditRecord[]>
}

/** Which lines of the log are asked for. */
export interface AuditQuestion {
  /** At most so many. */
  readonly count: number
  readonly fits: (record: AuditRecord) => boolean
}

/** What an Admin API needs to keep an audit log. */
export interface AuditOptions {
  readonly log: AuditLog
  /** Secret of the hashes, the same on all gateways of a store: what has few possible values cannot be guessed by its hash. */
  readonly hashKey: Uint8Array
}
