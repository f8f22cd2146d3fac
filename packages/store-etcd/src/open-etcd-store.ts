import type { ConfigRevision, ConfigSnapshot, ConfigStore } from '@sluice/core'
import { isSluiceError, type Log } from '@sluice/spi'
import { EtcdUnavailableError } from './errors.ts'
import { EtcdClient, type EtcdSnapshot } from './etcd-client.ts'
import { type EtcdConnection, EtcdHttp } from './etcd-http.ts'
import { EtcdStore } from './etcd-store.ts'
import { Feed } from './feed.ts'
import { Layout } from './layout.ts'
import { Listeners } from './listeners.ts'
import { SnapshotFile } from './snapshot-file.ts'

export interface EtcdStoreOptions extends EtcdConnection {
  /** What all keys start with, such as `/apisix`. */
  readonly prefix: string
  /** Where the last good configuration is kept for a start without etcd; nowhere where absent. */
  readonly snapshotFile?: string
  /** How long a watch may be silent before it is opened again; 30 s by default. */
  readonly silentMs?: number
  readonly log: Log
}

/**
 * Opens the store of a cluster: reads everything, then follows what changes. Where etcd is away it starts with the configuration
 * of `snapshotFile`, and catches up when etcd is back.
 *
 * @throws STORE_UNAVAILABLE where etcd is away and there is no such file, STORE_ETCD_REFUSED for a wrong user or password
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<ConfigStore> {
  const { prefix, snapshotFile, silentMs = 30_000, log } = options
  const layout = new Layout(prefix)
  const http = new EtcdHttp(options)
  const client = new EtcdClient(http, layout)
  const file = snapshotFile === undefined ? undefined : new SnapshotFile(snapshotFile, prefix, log)
  try {
    const start = await readStart(client, file, log)
    const listeners = new Listeners(start.revision, log)
    const onRevision = (revision: ConfigRevision): void => {
      listeners.tell(revision)
      file?.schedule(() => feed.snapshot())
    }
    const clusterId = 'clusterId' in start ? { clusterId: start.clusterId } : {}
    const feed = new Feed({ http, client, layout, start, silentMs, log, onRevision, ...clusterId })
    file?.schedule(() => feed.snapshot())
    return new EtcdStore({ http, client, feed, listeners, file })
  } catch (error) {
    await http.close()
    throw error
  }
}

async function readStart(
  client: EtcdClient,
  file: SnapshotFile | undefined,
  log: Log,
): Promise<ConfigSnapshot | EtcdSnapshot> {
  try {
    const found = await client.list('/')
    return found.broken.length === 0 ? found : await withLastGood(found, file)
  } catch (error) {
    const saved = isSluiceError(error) && error.code === EtcdUnavailableError.code ? await file?.read() : undefined
    if (saved === undefined) throw error
    log.warn({ err: error, revision: saved.revision }, 'etcd is away: starting with the configuration that was saved')
    return saved
  }
}

/** What was broken while this gateway was away goes on as it was saved. */
async function withLastGood(found: EtcdSnapshot, file: SnapshotFile | undefined): Promise<EtcdSnapshot> {
  const broken = new Set(found.broken)
  const saved = (await file?.read())?.entries.filter(({ key }) => broken.has(key)) ?? []
  return { ...found, entries: [...found.entries, ...saved] }
}
