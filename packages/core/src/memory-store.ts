import { type Clock, systemClock } from './clock.ts'
import type {
  ConfigChange,
  ConfigCompare,
  ConfigEntry,
  ConfigRevision,
  ConfigStore,
  ConfigTransactionResult,
  ConfigWrite,
} from './config-store.ts'
import { StoreClosedError, StoreRevisionGoneError } from './errors.ts'

/** What a store in memory is opened with. */
export interface MemoryStoreOptions {
  /** That of the machine by default. */
  readonly clock?: Clock
  /** Told where a listener throws; the others are told all the same. */
  readonly onListenerError?: (error: unknown) => void
}

type Listener = (revision: ConfigRevision) => void

/** Revisions that are kept for those who begin to watch late: more than are made while someone reads a snapshot. */
const keptRevisions = 1000

/** setTimeout takes no longer delay. */
const longestDelay = 2 ** 31 - 1

/** Opens a store that keeps everything in memory, and nothing beyond the end of the process. */
export function openMemoryStore({
  clock = systemClock,
  onListenerError = () => {},
}: MemoryStoreOptions = {}): ConfigStore {
  const entries = new Map<string, ConfigEntry>()
  /** When keys end, in milliseconds since 1970. */
  const ends = new Map<string, number>()
  const listeners = new Set<Listener>()
  let log: readonly ConfigRevision[] = []
  let last = 0
  let cancelExpiry = (): void => {}
  let isClosed = false

  function commit(writes: readonly ConfigWrite[]): ConfigTransactionResult {
    const revision = last + 1
    const changes = writes.flatMap((write) => apply(write, revision))
    scheduleExpiry()
    if (changes.length === 0) return { committed: true, revision: last, changes }
    last = revision
    log = [...log.slice(1 - keptRevisions), { revision, changes }]
    for (const listener of listeners) tell(listener, { revision, changes })
    return { committed: true, revision, changes }
  }

  function apply(write: ConfigWrite, revision: number): ConfigChange[] {
    const { key } = write
    ends.delete(key)
    const before = entries.get(key)
    if (write.kind === 'delete') return entries.delete(key) ? [{ key }] : []
    const value = structuredClone(write.value)
    const entry = { key, value, createdIndex: before?.createdIndex ?? revision, modifiedIndex: revision }
    entries.set(key, entry)
    if (write.ttlSeconds !== undefined) ends.set(key, clock.now() + write.ttlSeconds * 1000)
    return [{ key, entry }]
  }

  function scheduleExpiry(): void {
    cancelExpiry()
    if (isClosed || ends.size === 0) return
    const first = Math.min(...ends.values())
    cancelExpiry = clock.after(Math.min(Math.max(first - clock.now(), 0), longestDelay), () => {
      const due = [...ends].filter(([, end]) => end <= clock.now())
      commit(due.map(([key]) => ({ kind: 'delete', key })))
    })
  }

  function tell(listener: Listener, revision: ConfigRevision): void {
    try {
      listener(revision)
    } catch (error) {
      onListenerError(error)
    }
  }

  function sorted(prefix: string): ConfigEntry[] {
    return [...entries.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  function checkOpen(): void {
    if (isClosed) throw new StoreClosedError()
  }

  return {
    async get(key) {
      checkOpen()
      return entries.get(key)
    },
    async list(prefix) {
      checkOpen()
      return { revision: last, entries: sorted(prefix) }
    },
    async transact(compares, writes) {
      checkOpen()
      const holds = ({ key, modifiedIndex }: ConfigCompare) => (entries.get(key)?.modifiedIndex ?? 0) === modifiedIndex
      return compares.every(holds) ? commit(writes) : { committed: false, revision: last }
    },
    async watch(revision, listener) {
      checkOpen()
      const first = last - log.length
      if (revision > last || revision < first) throw new StoreRevisionGoneError(first)
      // The same listener may watch twice.
      const own: Listener = (change) => listener(change)
      for (const change of log.slice(revision - first)) tell(own, change)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
    async snapshot() {
      checkOpen()
      return { revision: last, entries: sorted('') }
    },
    async close() {
      isClosed = true
      cancelExpiry()
      listeners.clear()
    },
  }
}
