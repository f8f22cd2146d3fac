import { createAdminApi } from '@sluice/admin-api'
import { type ConfigSnapshot, type ConfigStore, createFieldCipher, type FieldCipher, type Registry } from '@sluice/core'
import { createDataPlane, type DataPlane } from '@sluice/server'
import type { Metrics } from '@sluice/spi'
import { openSqliteStore } from '@sluice/store-sqlite'
import type { Environment } from '../config/environment.ts'
import { formatListenAddress } from '../config/listen-address.ts'
import type { AdminKey, Settings } from '../config/settings.ts'
import { openAdminKeyFile } from '../data-dir/admin-key-file.ts'
import { type DataDir, openDataDir } from '../data-dir/data-dir.ts'
import { openEncryptionKeys } from '../data-dir/encryption-key-file.ts'
import type { ProgramLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createStatusServer } from '../status-server.ts'
import { prepareGracefulClose } from './graceful-close.ts'
import { type ListenerName, listenOn } from './listen.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  readonly settings: Settings
  readonly registry: Registry
  readonly environment: Environment
  readonly log: ProgramLog
  /** Shows the user a key of the Admin API that was made just now. */
  showNewKey(key: string, file: string): void
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly adminUrl: string
  readonly dataUrls: readonly string[]
  readonly statusUrl: string
  /** Not ready at once; answers what is in flight, closes WebSockets with 1001, frees everything. May be called twice. */
  close(): Promise<void>
}

// The status listener answers until the end; its own answers are short.
const statusCloseMs = 500

/**
 * Starts a gateway: data folder, store, keys, status listener, data plane, Admin API. Whatever was opened is closed again
 * where a later step fails.
 *
 * @throws DATA_DIR_UNUSABLE, KEY_FILE_INVALID, ENCRYPTION_KEY_MISSING, LISTEN_FAILED, and what the store throws
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const closers: Closer[] = []
  try {
    return await start(options, closers)
  } catch (error) {
    await closeAll(closers, options.log)
    throw error
  }
}

type Closer = () => void | Promise<void>

async function start(options: GatewayOptions, closers: Closer[]): Promise<RunningGateway> {
  const { settings, log } = options
  let notReady: string | undefined = 'starting'
  const metrics = createMetrics()
  closers.push(metrics.close)
  const status = createStatusServer({ notReady: () => notReady, metrics })
  const closeStatus = prepareGracefulClose(status)
  closers.push(() => closeStatus(statusCloseMs))
  const statusUrl = await listenOn(listeners.status, settings.statusListen, (address) => status.listen({ ...address }))

  const configuration = await openConfiguration(options, closers)
  const plane = await createFedPlane(options, configuration, metrics.metrics, closers)
  const admin = createAdmin(options, configuration)
  const closeAdmin = prepareGracefulClose(admin)
  closers.push(() => closeAdmin(0))
  const dataUrls: string[] = []
  for (const address of settings.dataListen) {
    const bound = await listenOn(listeners.data, address, (to) => plane.listen(to))
    dataUrls.push(`http://${formatListenAddress(bound)}`)
  }
  const adminUrl = await listenOn(listeners.admin, settings.admin.listen, (address) => admin.listen({ ...address }))
  notReady = undefined

  const drain = async (): Promise<void> => {
    notReady = 'shutting down'
    await Promise.all([closeAdmin(settings.drainMs), plane.drain(settings.drainMs)])
    await closeAll(closers, log)
  }
  let closing: Promise<void> | undefined
  return {
    adminUrl,
    dataUrls,
    statusUrl,
    close() {
      closing ??= drain()
      return closing
    },
  }
}

interface Configuration {
  readonly store: ConfigStore
  readonly snapshot: ConfigSnapshot
  readonly cipher: FieldCipher
  readonly adminKeys: readonly AdminKey[]
}

async function openConfiguration(options: GatewayOptions, closers: Closer[]): Promise<Configuration> {
  const { settings, environment, log } = options
  const dataDir = await openDataDir(settings.dataDir, log)
  const store = await openSqliteStore({ file: dataDir.storeFile, log })
  closers.push(() => store.close())
  const snapshot = await store.snapshot()
  // After the store, which lets one process at a time into the folder.
  const keys = await openEncryptionKeys({ file: dataDir.encryptionKeyFile, environment, snapshot, log })
  return { store, snapshot, cipher: createFieldCipher(keys), adminKeys: await openAdminKeys(options, dataDir) }
}

/** The configured keys, or the one of the data folder. */
async function openAdminKeys(
  { settings, log, showNewKey }: GatewayOptions,
  dataDir: DataDir,
): Promise<readonly AdminKey[]> {
  if (settings.admin.keys.length > 0) return settings.admin.keys
  const { key, isNew } = await openAdminKeyFile(dataDir.adminKeyFile, log)
  if (isNew) showNewKey(key, dataDir.adminKeyFile)
  return [{ key, role: 'admin' }]
}

/** A data plane that has the whole configuration and gets every change in order; it never sees the store. */
async function createFedPlane(
  { settings, registry, log }: GatewayOptions,
  { store, snapshot, cipher }: Configuration,
  metrics: Metrics,
  closers: Closer[],
): Promise<DataPlane> {
  const plane = createDataPlane({
    registry,
    decrypt: (text) => cipher.decrypt(text),
    log,
    metrics,
    limits: settings.limits,
    pingMs: settings.pingMs,
    egress: settings.egress,
  })
  closers.push(() => plane.close())
  plane.apply(snapshot)
  closers.push(await store.watch(snapshot.revision, (revision) => plane.change(revision)))
  return plane
}

function createAdmin({ settings, registry, log }: GatewayOptions, configuration: Configuration) {
  const { corsOrigins: origins } = settings.admin
  return createAdminApi({
    store: configuration.store,
    registry,
    cipher: configuration.cipher,
    keys: configuration.adminKeys,
    allowAdmin: settings.admin.allow,
    maskSecrets: settings.admin.maskSecrets,
    requireVerify: settings.egress.requireVerify,
    ...(origins.length > 0 && { cors: { origins } }),
    log,
  })
}

const listeners = {
  admin: { what: 'the Admin API', key: 'deployment.admin.admin_listen' },
  data: { what: 'the data plane', key: 'apisix.node_listen' },
  status: { what: 'the status listener', key: 'status_listen' },
} satisfies Record<string, ListenerName>

/** Closes in the opposite order of opening; one that fails does not keep the others open. */
async function closeAll(closers: Closer[], log: ProgramLog): Promise<void> {
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
    try {
      await closer()
    } catch (error) {
      log.error({ err: error }, 'a part of the gateway did not close cleanly')
    }
  }
}
