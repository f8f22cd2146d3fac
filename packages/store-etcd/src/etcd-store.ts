import {
  type ConfigCompare,
  type ConfigEntry,
  type ConfigSnapshot,
  type ConfigStore,
  type ConfigStoreStatus,
  type ConfigTransactionResult,
  type ConfigWrite,
  StoreClosedError,
  StoreRevisionGoneError,
} from '@sluice/core'
import type { EtcdClient } from './etcd-client.ts'
import type { EtcdHttp } from './etcd-http.ts'
import type { Feed } from './feed.ts'
import type { Listener, Listeners } from './listeners.ts'
import type { SnapshotFile } from './snapshot-file.ts'

/** What a store is made of. */
export interface EtcdStoreParts {
  readonly http: EtcdHttp
  readonly client: EtcdClient
  readonly feed: Feed
  readonly listeners: Listeners
  readonly file: SnapshotFile | undefined
}

// As long as a write may wait until this node serves it.
const servedMs = 4000

/** A store that other gateways, and APISIX, share. Reads ask etcd; the snapshot is what came over the watch. */
export class EtcdStore implements ConfigStore {
  readonly #parts: EtcdStoreParts
  #closing: Promise<void> | undefined

  constructor(parts: EtcdStoreParts) {
    this.#parts = parts
  }

  async get(key: string): Promise<ConfigEntry | undefined> {
    this.#checkOpen()
    return this.#parts.client.get(key)
  }

  async list(prefix: string): Promise<ConfigSnapshot> {
    this.#checkOpen()
    const { revision, entries } = await this.#parts.client.list(prefix)
    return { revision, entries }
  }

  /** The last configuration that came, also while etcd is away. */
  async snapshot(): Promise<ConfigSnapshot> {
    this.#checkOpen()
    return this.#parts.feed.snapshot()
  }

  async transact(compares: readonly ConfigCompare[], writes: readonly ConfigWrite[]): Promise<ConfigTransactionResult> {
    this.#checkOpen()
    const result = await this.#parts.client.transact(compares, writes)
    if (result.committed && result.changes.length > 0) await this.#parts.feed.reached(result.revision, servedMs)
    return result
  }

  async watch(revision: number, listener: Listener): Promise<() => void> {
    this.#checkOpen()
    const { client, feed, listeners } = this.#parts
    if (revision > feed.revision) {
      const newest = await client.revision()
      if (revision > newest) throw new StoreRevisionGoneError(newest)
    }
    return listeners.add(revision, listener)
  }

  status(): ConfigStoreStatus {
    return this.#parts.feed.status()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { http, feed, listeners, file } = this.#parts
    listeners.clear()
    await feed.close()
    await http.close()
    await file?.flush()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosedError()
  }
}
