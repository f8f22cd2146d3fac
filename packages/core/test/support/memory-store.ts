import type {
  ConfigChange,
  ConfigCompare,
  ConfigEntry,
  ConfigRevision,
  ConfigStore,
  ConfigTransactionResult,
  ConfigWrite,
} from '../../src/config-store.ts'
import { StoreClosedError, StoreRevisionGoneError } from '../../src/errors.ts'
import type { ManualClock } from './manual-clock.ts'

/** Opens a store that keeps everything in memory, all revisions included; for tests. */
export function openMemoryStore(clock: Pick<ManualClock, 'now' | 'after'>): ConfigStore {
  const entries = new Map<string, ConfigEntry>()
  const leases = new Map<string, number>()
  const log: ConfigRevision[] = []
  const listeners = new Set<(revision: ConfigRevision) => void>()
  let isClosed = false

  function commit(writes: readonly ConfigWrite[]): ConfigTransactionResult {
    const revision = log.length + 1
    const changes = writes.flatMap((write) => apply(write, revision))
    if (changes.length === 0) return { committed: true, revision: log.length, changes }
    log.push({ revision, changes })
    for (const listener of listeners) listener({ revision, changes })
    return { committed: true, revision, changes }
  }

  function apply(write: ConfigWrite, revision: number): ConfigChange[] {
    const { key } = write
    leases.delete(key)
    const before = entries.get(key)
    if (write.kind === 'delete') return entries.delete(key) ? [{ key }] : []
    const value = structuredClone(write.value)
    const entry = { key, value, createdIndex: before?.createdIndex ?? revision, modifiedIndex: revision }
    entries.set(key, entry)
    if (write.ttlSeconds !== undefined) lease(key, write.ttlSeconds * 1000)
    return [{ key, entry }]
  }

  function lease(key: string, ms: number): void {
    leases.set(key, clock.now() + ms)
    clock.after(ms, expire)
  }

  function expire(): void {
    const due = [...leases].filter(([, end]) => end <= clock.now())
    commit(due.map(([key]) => ({ kind: 'delete', key })))
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
      return { revision: log.length, entries: sorted(prefix) }
    },
    async transact(compares, writes) {
      checkOpen()
      const holds = ({ key, modifiedIndex }: ConfigCompare) => (entries.get(key)?.modifiedIndex ?? 0) === modifiedIndex
      return compares.every(holds) ? commit(writes) : { committed: false, revision: log.length }
    },
    async watch(revision, listener) {
      checkOpen()
      if (revision > log.length) throw new StoreRevisionGoneError(0)
      // The same listener may watch twice.
      const own = (change: ConfigRevision) => listener(change)
      for (const change of log.slice(revision)) own(change)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
    async snapshot() {
      checkOpen()
      return { revision: log.length, entries: sorted('') }
    },
    async close() {
      isClosed = true
      listeners.clear()
    },
  }
}
