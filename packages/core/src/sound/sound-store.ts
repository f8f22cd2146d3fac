import type { ConfigEntry, ConfigRevision, ConfigSnapshot, ConfigStore } from '../config-store.ts'

/** A stored object that cannot be served as it is. */
export interface BrokenObject {
  /** `/<resource>/<id>`. */
  readonly key: string
  /** Of the write that broke it. */
  readonly modifiedIndex: number
  /** What is wrong with it, without any value of it. */
  readonly fault: string
  /** Whether its last good version is served instead. */
  readonly isServed: boolean
}

/** A store whose snapshots and changes hold the last good version of what is broken. */
export interface SoundStore extends ConfigStore {
  /** What is broken now, by key. */
  broken(): readonly BrokenObject[]
}

/** What a {@link SoundStore} is made with. */
export interface SoundStoreOptions {
  /** What is wrong with an object; undefined where nothing is. Must not throw. */
  readonly faultOf: (entry: ConfigEntry) => string | undefined
  /** Told once of each broken version of an object. */
  readonly onBroken: (broken: BrokenObject) => void
  /** Last good versions that an earlier process served; those that are still good serve what is broken now. None by default. */
  readonly recalled?: readonly ConfigEntry[]
  /** Told the last good versions that are served in place of broken ones, each time others are; for {@link recalled}. */
  readonly keep?: (entries: readonly ConfigEntry[]) => void
}

/**
 * Puts a check in front of a store that others write to as well: an object that they break goes on with its last good version.
 * Where there was none since the start it passes as it is, to be answered with its fault: left out, a route would leave its
 * requests to a less specific one. Reads and writes of single keys show what is stored.
 */
export function createSoundStore(
  store: ConfigStore,
  { faultOf, onBroken, recalled = [], keep = () => {} }: SoundStoreOptions,
): SoundStore {
  const usable = recalled.filter((entry) => faultOf(entry) === undefined)
  const good = new Map(usable.map((entry) => [entry.key, entry]))
  const broken = new Map<string, BrokenObject>()

  const keepServed = (): void => {
    const served = [...broken.values()].filter(({ isServed }) => isServed)
    keep(served.flatMap(({ key }) => good.get(key) ?? []))
  }

  const sift = (entry: ConfigEntry): ConfigEntry => {
    const { key, modifiedIndex } = entry
    const last = good.get(key)
    if (last === entry) return entry
    const fault = faultOf(entry)
    if (fault === undefined) {
      good.set(key, entry)
      if (broken.delete(key)) keepServed()
      return entry
    }
    if (broken.get(key)?.modifiedIndex !== modifiedIndex) {
      const found = { key, modifiedIndex, fault, isServed: last !== undefined }
      broken.set(key, found)
      keepServed()
      onBroken(found)
    }
    return last ?? entry
  }

  const siftRevision = (revision: ConfigRevision): ConfigRevision => ({
    ...revision,
    changes: revision.changes.filter(({ key, entry }) => {
      if (entry !== undefined) return sift(entry) === entry
      good.delete(key)
      if (broken.delete(key)) keepServed()
      return true
    }),
  })

  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    transact: (compares, writes) => store.transact(compares, writes),
    watch: (revision, listener) => store.watch(revision, (each) => listener(siftRevision(each))),
    async snapshot(): Promise<ConfigSnapshot> {
      const { revision, entries } = await store.snapshot()
      return { revision, entries: entries.map(sift) }
    },
    close: () => store.close(),
    status: () => store.status?.() ?? { unreadable: [] },
    broken: () => [...broken.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
  }
}
