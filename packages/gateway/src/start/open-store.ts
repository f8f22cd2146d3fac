import { type ConfigStore, openMemoryStore } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { openEtcdStore } from '@sluice/store-etcd'
import { openSqliteStore } from '@sluice/store-sqlite'
import type { EtcdSettings, FileSettings, StoreSettings } from '../config/store-settings.ts'
import type { DataDir } from '../data-dir/data-dir.ts'
import { readText } from '../read-text.ts'

/**
 * Opens the store that the configuration names; one in a file needs the keys of secret fields, and is opened elsewhere.
 *
 * @throws CONFIG_UNREADABLE for a file of TLS, and what the store throws
 */
export async function openStore(
  settings: Exclude<StoreSettings, FileSettings>,
  dataDir: DataDir,
  log: Log,
): Promise<ConfigStore> {
  if (settings.kind === 'embedded') return openSqliteStore({ file: dataDir.storeFile, log })
  if (settings.kind === 'memory') {
    const onListenerError = (err: unknown) => log.error({ err }, 'a change of the configuration could not be followed')
    return openMemoryStore({ onListenerError })
  }
  const { hosts, prefix, timeoutMs, user, password } = settings
  return openEtcdStore({
    hosts,
    prefix,
    timeoutMs,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    tls: await readTls(settings.tls),
    snapshotFile: dataDir.snapshotFile,
    log,
  })
}

async function readTls({ verify, caFile, certFile, keyFile, sni }: EtcdSettings['tls']) {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readPem))
  return {
    verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(sni !== undefined && { sni }),
  }
}

function readPem(file: string | undefined): Promise<string> | undefined {
  return file === undefined ? undefined : readText(file)
}
