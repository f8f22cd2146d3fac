import { isDeepStrictEqual } from 'node:util'
import type { ConfigChange, ConfigEntry, ConfigRevision, ConfigSnapshot } from '@sluice/core'
import type { EtcdSnapshot } from './etcd-client.ts'
import type { Layout } from './layout.ts'
import { parseRevision, type WatchEvent } from './wire.ts'

/** What a mirror begins with. */
export interface MirrorStart extends ConfigSnapshot {
  /** Keys whose values are no objects; none by default. */
  readonly broken?: readonly string[]
}

/** The configuration as it was last told, and what turns it into the next one. */
export class Mirror {
  readonly #layout: Layout
  readonly #onBroken: (key: string) => void
  readonly #entries: Map<string, ConfigEntry>
  readonly #broken: Set<string>
  /** Up to which revision everything is in. */
  revision: number

  /** @param onBroken told of each value that is no object */
  constructor(layout: Layout, snapshot: MirrorStart, onBroken: (key: string) => void) {
    this.#layout = layout
    this.#onBroken = onBroken
    this.#entries = new Map(snapshot.entries.map((entry) => [entry.key, entry]))
    this.#broken = new Set(snapshot.broken)
    for (const key of this.#broken) onBroken(key)
    this.revision = snapshot.revision
  }

  /** Keys whose values are no objects. */
  get broken(): readonly string[] {
    return [...this.#broken].sort()
  }

  snapshot(): ConfigSnapshot {
    const entries = Array.from(this.#entries.values()).sort((a, b) => (a.key < b.key ? -1 : 1))
    return { revision: this.revision, entries }
  }

  /** Takes events of a watch, gives the revisions they make; what it has already is left out. */
  apply(events: readonly WatchEvent[]): ConfigRevision[] {
    const byRevision = new Map<number, WatchEvent[]>()
    for (const event of events) {
      const revision = parseRevision(event.kv?.mod_revision)
      if (revision <= this.revision) continue
      const same = byRevision.get(revision) ?? []
      same.push(event)
      byRevision.set(revision, same)
    }
    return Array.from(byRevision, ([revision, same]) => this.#step(revision, same)).filter(hasChanges)
  }

  /** Takes a whole configuration, gives what is different. Without `isSameHistory` equal indexes do not mean equal values. */
  replace({ revision, entries, broken }: EtcdSnapshot, isSameHistory: boolean): ConfigRevision[] {
    const kept = new Set([...entries.map(({ key }) => key), ...broken])
    this.#broken.clear()
    for (const key of broken) this.#found(key)
    const gone = Array.from(this.#entries.keys()).filter((key) => !kept.has(key))
    const isNew = (entry: ConfigEntry): boolean => {
      const old = this.#entries.get(entry.key)
      if (old?.modifiedIndex !== entry.modifiedIndex) return true
      return !isSameHistory && !isDeepStrictEqual(old, entry)
    }
    const changes = [
      ...gone.map((key) => ({ key })),
      ...entries.filter(isNew).map((entry) => ({ key: entry.key, entry })),
    ]
    return [this.#take(revision, changes)].filter(hasChanges)
  }

  #step(revision: number, events: readonly WatchEvent[]): ConfigRevision {
    return this.#take(
      revision,
      events.flatMap((event) => this.#change(event)),
    )
  }

  #take(revision: number, changes: readonly ConfigChange[]): ConfigRevision {
    for (const { key, entry } of changes) {
      if (entry === undefined) this.#entries.delete(key)
      else this.#entries.set(key, entry)
    }
    const after = this.revision
    this.revision = revision
    return { revision, after, changes }
  }

  #change({ type, kv = {} }: WatchEvent): ConfigChange[] {
    if (type === 'DELETE') {
      const key = this.#layout.decodeKey(kv.key)
      if (key === undefined) return []
      this.#broken.delete(key)
      return this.#entries.has(key) ? [{ key }] : []
    }
    const stored = this.#layout.decode(kv)
    // Its last good value, if there is one, serves on.
    if (stored.kind === 'broken') this.#found(stored.key)
    if (stored.kind === 'entry') this.#broken.delete(stored.entry.key)
    return stored.kind === 'entry' ? [{ key: stored.entry.key, entry: stored.entry }] : []
  }

  #found(key: string): void {
    this.#broken.add(key)
    this.#onBroken(key)
  }
}

const hasChanges = ({ changes }: ConfigRevision): boolean => changes.length > 0
