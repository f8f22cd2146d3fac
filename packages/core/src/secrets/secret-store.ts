import type { Clock } from '../clock.ts'
import type { ConfigChange, ConfigEntry, ConfigRevision, ConfigSnapshot, ConfigStore } from '../config-store.ts'
import { SecretReferences } from './secret-references.ts'

/** What a {@link createSecretStore | secret store} is made with. */
export interface SecretStoreOptions {
  /**
   * Reads what a reference such as `$secret://vault/1/kafka/password` leads to.
   *
   * @param manager the stored `/secrets/vault/1`; undefined where there is none
   */
  readonly read: (reference: string, manager: ConfigEntry | undefined) => Promise<string>
  /** Encrypts what was read, for the way to the data plane. */
  readonly seal: (text: string) => string
  /** Told where a reference cannot be read, and each time why is another reason; `isServed` with a value read before. */
  readonly onFault: (reference: string, error: unknown, isServed: boolean) => void
  /** Milliseconds between two looks at what was read. */
  readonly refreshMs: number
  /** Milliseconds between two tries of what never was. */
  readonly retryMs: number
  /** Milliseconds that a write or a snapshot waits for what it refers to, at most. */
  readonly patienceMs: number
  readonly clock: Clock
}

/** A store whose snapshots and changes hold, encrypted, what `$secret://` references lead to. */
export interface SecretStore extends ConfigStore {
  /** The resource with what is known of its references, which are not read for it. */
  known(entry: ConfigEntry): ConfigEntry
  /** How many references lead nowhere now. */
  unresolved(): number
}

/** A watcher, and up to which revision it was told. */
interface Watcher {
  served: number
  readonly listener: (revision: ConfigRevision) => void
}

/**
 * Follows `$secret://` references in front of a store, so that the data plane never waits for a secret manager, in whatever
 * process it is: a value that changes there is a change of the resources that refer to it. What cannot be read stays the
 * reference, which the data plane refuses to use. Reads and writes of single keys show what is stored.
 */
export function createSecretStore(store: ConfigStore, options: SecretStoreOptions): SecretStore {
  const watchers = new Set<Watcher>()
  const references = new SecretReferences(options, (changes) => {
    for (const watcher of watchers) tell(watcher, changes)
  })

  const open = (entry: ConfigEntry): ConfigEntry => references.open(entry)
  const openChange = ({ key, entry }: ConfigChange): ConfigChange => {
    if (entry !== undefined) return { key, entry: open(entry) }
    references.forget(key)
    return { key }
  }

  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    async transact(compares, writes) {
      const result = await store.transact(compares, writes)
      if (result.committed) await references.settled()
      return result
    },
    async watch(revision, listener) {
      const watcher: Watcher = { served: revision, listener }
      const stop = await store.watch(revision, (each) => {
        watcher.served = each.revision
        listener({ ...each, changes: each.changes.map(openChange) })
      })
      watchers.add(watcher)
      // What was read since the snapshot that the watcher has, which nobody told it.
      const known = references.changes()
      if (known.length > 0) tell(watcher, known)
      return () => {
        watchers.delete(watcher)
        stop()
      }
    },
    async snapshot(): Promise<ConfigSnapshot> {
      const { revision, entries } = await store.snapshot()
      // Managers first: what refers to them is read by them.
      for (const entry of entries) references.take(entry)
      for (const entry of entries) open(entry)
      await references.settled()
      return { revision, entries: entries.map(open) }
    },
    async close() {
      references.close()
      watchers.clear()
      await store.close()
    },
    ...(store.status && { status: () => store.status?.() ?? { unreadable: [] } }),
    known: (entry) => references.known(entry),
    unresolved: () => references.unresolved,
  }
}

/** A change between two revisions of the store: it comes after the one that the watcher has, and does not move it. */
function tell({ served, listener }: Watcher, changes: readonly ConfigChange[]): void {
  listener({ revision: served, after: served, changes })
}
