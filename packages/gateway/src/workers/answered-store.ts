import type { ConfigStore } from '@sluice/core'

/**
 * A store whose writes resolve once they are served.
 *
 * @param served resolves when a revision is served, or when it has been waited for long enough
 */
export function answerWhenServed(store: ConfigStore, served: (revision: number) => Promise<void>): ConfigStore {
  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    watch: (revision, listener) => store.watch(revision, listener),
    snapshot: () => store.snapshot(),
    close: () => store.close(),
    async transact(compares, writes) {
      const result = await store.transact(compares, writes)
      if (result.committed) await served(result.revision)
      return result
    },
  }
}
