import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { RawChange, RawCompare, RawEntry, RawRevision, RawWrite, StoreCall, StoreResult } from './protocol.ts'
import { StoreFaultError } from './store-fault.ts'

type Row = Record<string, SQLOutputValue>

/**
 * The configuration in an open database: every call first lets go of what has outlived its time. Of its history it keeps
 * the last `keptRevisions`, for watchers that come back.
 */
export class ConfigDatabase {
  readonly #db: DatabaseSync
  readonly #statements: Statements
  readonly #keptRevisions: number
  #revision: number

  constructor(db: DatabaseSync, keptRevisions = 10_000) {
    this.#db = db
    this.#keptRevisions = keptRevisions
    this.#statements = prepareStatements(db)
    this.#revision = Number(this.#statements.revision.get()?.revision)
  }

  /** @throws StoreFaultError for a log that is gone, SQLite's error where the database fails; nothing is written then */
  run(call: StoreCall, now: number): StoreResult {
    const expired = this.#expire(now)
    const outcome = this.#dispatch(call, now)
    const nextExpiry = this.#statements.nextExpiry.get()?.expires
    return {
      revision: this.#revision,
      committed: outcome.committed ?? true,
      entries: outcome.entries ?? [],
      log: outcome.log ?? [],
      made: [...expired, ...(outcome.made ?? [])],
      ...(typeof nextExpiry === 'number' ? { nextExpiry } : {}),
    }
  }

  #dispatch(call: StoreCall, now: number): Partial<StoreResult> {
    switch (call.kind) {
      case 'get':
        return { entries: this.#statements.get.all(call.key).map(toEntry) }
      case 'list':
        return { entries: this.#statements.list.all(call.prefix, `${call.prefix}\u{10ffff}`).map(toEntry) }
      case 'transact':
        return this.#transact(call.compares, call.writes, now)
      case 'log':
        return { log: this.#log(call.after) }
      case 'expire':
        return {}
    }
  }

  #transact(compares: readonly RawCompare[], writes: readonly RawWrite[], now: number): Partial<StoreResult> {
    const holds = compares.every(({ key, modifiedIndex }) => this.#modifiedIndex(key) === modifiedIndex)
    if (!holds) return { committed: false }
    const made = this.#write(writes, now)
    return { made, log: made }
  }

  #modifiedIndex(key: string): number {
    return Number(this.#statements.get.get(key)?.modified ?? 0)
  }

  #expire(now: number): readonly RawRevision[] {
    const due = this.#statements.due.all(now)
    return due.length === 0
      ? []
      : this.#write(
          due.map(({ key }) => ({ key: String(key) })),
          now,
        )
  }

  /** Writes all as one revision; none where nothing changes. */
  #write(writes: readonly RawWrite[], now: number): readonly RawRevision[] {
    const revision = this.#revision + 1
    const byKey = new Map(writes.map((write) => [write.key, write]))
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const changes = Array.from(byKey.values(), (write) => this.#apply(write, revision, now)).filter(
        (change) => change !== undefined,
      )
      if (changes.length > 0) {
        this.#statements.setRevision.run(revision)
        this.#statements.prune.run(revision - this.#keptRevisions)
      }
      this.#db.exec('COMMIT')
      if (changes.length === 0) return []
      this.#revision = revision
      return [{ revision, changes }]
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #apply({ key, value, ttlSeconds }: RawWrite, revision: number, now: number): RawChange | undefined {
    const old = this.#statements.get.get(key)
    if (value === undefined) {
      if (old === undefined) return undefined
      this.#statements.remove.run(key)
      this.#statements.record.run(revision, key, null, null)
      return { key }
    }
    const createdIndex = old === undefined ? revision : Number(old.created)
    const expires = ttlSeconds === undefined ? null : Math.ceil(now + ttlSeconds * 1000)
    this.#statements.put.run(key, value, createdIndex, revision, expires)
    this.#statements.record.run(revision, key, value, createdIndex)
    return { key, entry: { key, value, createdIndex, modifiedIndex: revision } }
  }

  #log(after: number): readonly RawRevision[] {
    const oldest = Math.max(0, this.#revision - this.#keptRevisions)
    if (after < oldest || after > this.#revision) throw new StoreFaultError('revision_gone', String(oldest))
    const revisions = new Map<number, RawChange[]>()
    for (const row of this.#statements.log.all(after)) {
      const revision = Number(row.modified)
      const changes = revisions.get(revision) ?? []
      changes.push(toChange(row))
      revisions.set(revision, changes)
    }
    return Array.from(revisions, ([revision, changes]) => ({ revision, changes }))
  }
}

interface Statements {
  readonly revision: StatementSync
  readonly setRevision: StatementSync
  readonly get: StatementSync
  readonly list: StatementSync
  readonly put: StatementSync
  readonly remove: StatementSync
  readonly due: StatementSync
  readonly nextExpiry: StatementSync
  readonly record: StatementSync
  readonly prune: StatementSync
  readonly log: StatementSync
}

function prepareStatements(db: DatabaseSync): Statements {
  return {
    revision: db.prepare('SELECT revision FROM state'),
    setRevision: db.prepare('UPDATE state SET revision = ?'),
    get: db.prepare('SELECT * FROM entries WHERE key = ?'),
    list: db.prepare('SELECT * FROM entries WHERE key >= ? AND key < ? ORDER BY key'),
    put: db.prepare('INSERT OR REPLACE INTO entries (key, value, created, modified, expires) VALUES (?, ?, ?, ?, ?)'),
    remove: db.prepare('DELETE FROM entries WHERE key = ?'),
    // By itself SQLite goes through all entries, which are in the order asked for; so these fail without the index.
    due: db.prepare('SELECT key FROM entries INDEXED BY entries_expires WHERE expires <= ? ORDER BY key'),
    nextExpiry: db.prepare(
      'SELECT min(expires) AS expires FROM entries INDEXED BY entries_expires WHERE expires IS NOT NULL',
    ),
    record: db.prepare('INSERT INTO changes (revision, key, value, created) VALUES (?, ?, ?, ?)'),
    prune: db.prepare('DELETE FROM changes WHERE revision <= ?'),
    log: db.prepare(
      'SELECT revision AS modified, key, value, created FROM changes WHERE revision > ? ORDER BY revision',
    ),
  }
}

function toEntry(row: Row): RawEntry {
  return {
    key: String(row.key),
    value: String(row.value),
    createdIndex: Number(row.created),
    modifiedIndex: Number(row.modified),
  }
}

function toChange(row: Row): RawChange {
  const key = String(row.key)
  return row.value === null ? { key } : { key, entry: toEntry(row) }
}
