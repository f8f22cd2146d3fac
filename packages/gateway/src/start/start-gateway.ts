import { createAdminApi } from '@sluice/admin-api'
import { type ConfigSnapshot, type ConfigStore, createFieldCipher, type FieldCipher, type Registry } from '@sluice/core'
import type { Environment } from '../config/environment.ts'
import { formatListenAddress } from '../config/listen-address.ts'
import type { AdminKey, Settings } from '../config/settings.ts'
import { openAdminKeyFile } from '../data-dir/admin-key-file.ts'
import { type DataDir, openDataDir } from '../data-dir/data-dir.ts'
import { type EncryptionKey, openEncryptionKeys } from '../data-dir/encryption-key-file.ts'
import type { ModuleNames } from '../load-modules.ts'
import type { ProgramLog } from '../log.ts'
import { renderFamilies } from '../metric-families.ts'
import { createMetrics, type GatewayMetrics } from '../metrics.ts'
import { createStatusServer } from '../status-server.ts'
import { hostInWorkers } from '../workers/host-in-workers.ts'
import { prepareGracefulClose } from './graceful-close.ts'
import { hostInProcess } from './host-in-process.ts'
import { type ListenerName, listenOn } from './listen.ts'
import { openStore } from './open-store.ts'
import type { PlaneHost } from './plane-host.ts'
import { tellBehind } from './tell-behind.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  readonly settings: Settings
  readonly registry: Registry
  /** Where the schemes and plugins of the registry come from, for workers to load them too. */
  readonly modules: ModuleNames
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
 * Starts a gateway: data folder, store, keys, status listener, data plane (here or in workers), Admin API. Whatever was
 * opened is closed again where a later step fails.
 *
 * @throws DATA_DIR_UNUSABLE, KEY_FILE_INVALID, ENCRYPTION_KEY_MISSING, ENCRYPTION_KEY_REQUIRED, LISTEN_FAILED, WORKER_START_FAILED, and what the store
 *   throws
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
  let host: PlaneHost | undefined
  const status = createStatusServer({
    notReady: () => notReady,
    workers: () => host?.workers?.(),
    metrics: {
      contentType: metrics.contentType,
      render: async () => renderFamilies(await (host ?? metrics).collect()),
    },
  })
  const closeStatus = prepareGracefulClose(status)
  closers.push(() => closeStatus(statusCloseMs))
  const statusUrl = await listenOn(listeners.status, settings.statusListen, (address) => status.listen({ ...address }))

  const configuration = await openConfiguration(options, closers)
  const opened = await openHost(options, configuration, metrics)
  host = opened
  closers.push(() => opened.close())
  const admin = createAdmin(options, configuration, opened)
  const closeAdmin = prepareGracefulClose(admin)
  closers.push(() => closeAdmin(0))
  const dataUrls: string[] = []
  for (const address of settings.dataListen) {
    const bound = await listenOn(listeners.data, address, (to) => opened.listen(to))
    dataUrls.push(`http://${formatListenAddress(bound)}`)
  }
  const adminUrl = await listenOn(listeners.admin, settings.admin.listen, (address) => admin.listen({ ...address }))
  notReady = undefined

  const drain = async (): Promise<void> => {
    notReady = 'shutting down'
    await Promise.all([closeAdmin(settings.drainMs), opened.drain(settings.drainMs)])
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
  readonly keys: readonly EncryptionKey[]
  readonly cipher: FieldCipher
  readonly adminKeys: readonly AdminKey[]
}

async function openConfiguration(options: GatewayOptions, closers: Closer[]): Promise<Configuration> {
  const { settings, environment, log } = options
  const dataDir = await openDataDir(settings.dataDir, log)
  const store = await openStore(settings.store, dataDir, log)
  closers.push(() => store.close())
  const snapshot = await store.snapshot()
  // After the store, which lets one process at a time into the folder.
  const isShared = settings.store.kind === 'etcd'
  const keys = await openEncryptionKeys({ file: dataDir.encryptionKeyFile, environment, snapshot, log, isShared })
  return { store, snapshot, keys, cipher: createFieldCipher(keys), adminKeys: await openAdminKeys(options, dataDir) }
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

/** One worker needs no process beside this one. */
function openHost(
  { settings, registry, modules, log }: GatewayOptions,
  { store, snapshot, keys, cipher }: Configuration,
  metrics: GatewayMetrics,
): Promise<PlaneHost> {
  if (settings.workers === 1) return hostInProcess({ settings, registry, cipher, log, metrics, store, snapshot })
  const { plugins, log: logSettings, limits, pingMs, egress } = settings
  const ofWorkers = { ...(plugins !== undefined && { plugins }), log: logSettings, limits, pingMs, egress }
  const setup = { settings: ofWorkers, modules, keys }
  return hostInWorkers({ count: settings.workers, setup, store, snapshot, log, metrics })
}

function createAdmin({ settings, registry, log }: GatewayOptions, configuration: Configuration, host: PlaneHost) {
  const { corsOrigins: origins } = settings.admin
  const admin = createAdminApi({
    store: host.store,
    registry,
    cipher: configuration.cipher,
    keys: configuration.adminKeys,
    allowAdmin: settings.admin.allow,
    maskSecrets: settings.admin.maskSecrets,
    requireVerify: settings.egress.requireVerify,
    ...(origins.length > 0 && { cors: { origins } }),
    log,
  })
  tellBehind(admin, () => host.behind())
  return admin
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
