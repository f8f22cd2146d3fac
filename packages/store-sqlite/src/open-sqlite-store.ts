import { Worker } from 'node:worker_threads'
import { type Clock, type ConfigStore, systemClock } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { SqliteStore } from './sqlite-store.ts'

export interface SqliteStoreOptions {
  /** Path of the database; made with mode 0600 where it is absent, in a directory that exists. */
  readonly file: string
  /** Told of watchers that throw. */
  readonly log?: Log
  /** The machine's clock by default. */
  readonly clock?: Clock
}

/**
 * Opens the embedded store. The database is held alone, in a thread of its own, and every write is on disk before it is
 * answered.
 *
 * @throws STORE_CORRUPT, STORE_LOCKED, STORE_TOO_NEW, STORE_FOREIGN or STORE_FAILED, each naming the file and the remedy
 */
export async function openSqliteStore({ file, log, clock = systemClock }: SqliteStoreOptions): Promise<ConfigStore> {
  const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const worker = new Worker(new URL(name, import.meta.url), { workerData: { file, now: clock.now() }, name: 'store' })
  const store = new SqliteStore(file, worker, clock, (err) =>
    log?.error({ err }, 'a watcher of the configuration failed'),
  )
  try {
    await store.opened()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}
