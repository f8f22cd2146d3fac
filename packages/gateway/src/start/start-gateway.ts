import { hkdfSync } from 'node:crypto'
import { type AuditLog, createAdminApi } from '@sluice/admin-api'
import {
  type ConfigSnapshot,
  type ConfigStore,
  createFaultOf,
  createFieldCipher,
  createSoundStore,
  createValidator,
  type FieldCipher,
  type Registry,
  type SoundStore,
} from '@sluice/core'
import type { FastifyInstance } from 'fastify'
import type { Environment } from '../config/environment.ts'
import { formatListenAddress } from '../config/listen-address.ts'
import type { AdminKey, Settings } from '../config/settings.ts'
import { configurationState, observeConfiguration } from '../configuration-state.ts'
import { openAdminKeyFile } from '../data-dir/admin-key-file.ts'
import { createAuditFile } from '../data-dir/audit-file.ts'
import { type DataDir, openDataDir } from '../data-dir/data-dir.ts'
import { type EncryptionKey, openEncryptionKeys } from '../data-dir/encryption-key-file.ts'
import type { ModuleNames } from '../load-modules.ts'
import type { ProgramLog } from '../log.ts'
import { renderFamilies } from '../metric-families.ts'
import { createMetrics, type GatewayMetrics } from '../metrics.ts'
import { createStatusServer } from '../status-server.ts'
import { hostInWorkers } from '../workers/host-in-workers.ts'
import { followFiles, openAdminTls } from './admin-tls.ts'
import { prepareGracefulClose } from './graceful-close.ts'
import { hostInProcess } from './host-in-process.ts'
import { hostNothing } from './host-nothing.ts'
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
  /** Absent in the role `data_plane`. */
  readonly adminUrl?: string
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
 * @throws DATA_DIR_UNUSABLE, KEY_FILE_INVALID, ENCRYPTION_KEY_MISSING, ENCRYPTION_KEY_REQUIRED, ADMIN_TLS_UNUSABLE, LISTEN_FAILED,
 *   WORKER_START_FAILED, and what the store throws
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
  let sound: SoundStore | undefined
  const status = createStatusServer({
    notReady: () => notReady,
    workers: () => host?.workers?.(),
    configuration: () => sound && configurationState(sound),
    metrics: {
      contentType: metrics.contentType,
      render: async () => renderFamilies(await (host ?? metrics).collect()),
    },
  })
  const closeStatus = prepareGracefulClose(status)
  closers.push(() => closeStatus(statusCloseMs))
  const statusUrl = await listenOn(listeners.status, settings.statusListen, (address) => status.listen({ ...address }))

  const configuration = await openConfiguration(options, closers)
  sound = configuration.sound
  if (sound !== undefined) observeConfiguration(sound, metrics.metrics)
  const opened = await openHost(options, configuration, metrics)
  host = opened
  closers.push(() => opened.close())
  const admin = settings.serves.admin ? await createAdmin(options, configuration, opened, closers) : undefined
  const closeAdmin = admin === undefined ? async () => {} : prepareGracefulClose(admin)
  closers.push(() => closeAdmin(0))
  const dataUrls: string[] = []
  for (const address of settings.serves.clients ? settings.dataListen : []) {
    const bound = await listenOn(listeners.data, address, (to) => opened.listen(to))
    dataUrls.push(`${address.tls === true ? 'https' : 'http'}://${formatListenAddress(bound)}`)
  }
  const adminUrl = admin && (await listenForAdmin(admin, settings))
  notReady = undefined

  const drain = async (): Promise<void> => {
    notReady = 'shutting down'
    await Promise.all([closeAdmin(settings.drainMs), opened.drain(settings.drainMs)])
    await closeAll(closers, log)
  }
  let closing: Promise<void> | undefined
  return {
    ...(adminUrl !== undefined && { adminUrl }),
    dataUrls,
    statusUrl,
    close() {
      closing ??= drain()
      return closing
    },
  }
}

async function listenForAdmin(admin: FastifyInstance, { admin: { listen, tls } }: Settings): Promise<string> {
  const url = await listenOn(listeners.admin, listen, (address) => admin.listen({ ...address }))
  // Fastify does not know of the TLS of a server that it did not make.
  return tls === undefined ? url : url.replace('http:', 'https:')
}

interface Configuration {
  readonly store: ConfigStore
  /** The same, where others write to it as well. */
  readonly sound: SoundStore | undefined
  readonly snapshot: ConfigSnapshot
  readonly keys: readonly EncryptionKey[]
  readonly cipher: FieldCipher
  readonly adminKeys: readonly AdminKey[]
  readonly auditLog: AuditLog
}

async function openConfiguration(options: GatewayOptions, closers: Closer[]): Promise<Configuration> {
  const { settings, environment, log } = options
  const dataDir = await openDataDir(settings.dataDir, log)
  const stored = await openStore(settings.store, dataDir, log)
  closers.push(() => stored.close())
  const all = await stored.snapshot()
  // After the store, which lets one process at a time into the folder.
  const isShared = settings.store.kind === 'etcd'
  const keys = await openEncryptionKeys({ file: dataDir.encryptionKeyFile, environment, snapshot: all, log, isShared })
  const cipher = createFieldCipher(keys)
  const sound = isShared ? soundStore(stored, cipher, options) : undefined
  const adminKeys = settings.serves.admin ? await openAdminKeys(options, dataDir) : []
  const auditLog = createAuditFile(dataDir.auditFile)
  return {
    store: sound ?? stored,
    sound,
    snapshot: (await sound?.snapshot()) ?? all,
    keys,
    cipher,
    adminKeys,
    auditLog,
  }
}

/** Only the Admin API writes to the embedded store, and checks what it writes. */
function soundStore(store: ConfigStore, { decrypt }: FieldCipher, { log, registry }: GatewayOptions): SoundStore {
  return createSoundStore(store, {
    faultOf: createFaultOf(registry, createValidator(registry), decrypt),
    onBroken: ({ key, fault, isServed }) =>
      log.error(
        { key, fault },
        isServed
          ? 'a stored resource is broken; its last good version is served, write it again'
          : 'a stored resource is broken, and cannot be served; write it again',
      ),
  })
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
async function openHost(
  { settings, registry, modules, log }: GatewayOptions,
  { store, snapshot, keys, cipher }: Configuration,
  metrics: GatewayMetrics,
): Promise<PlaneHost> {
  if (!settings.serves.clients) return hostNothing(store, metrics)
  if (settings.workers === 1) return hostInProcess({ settings, registry, cipher, log, metrics, store, snapshot })
  const { plugins, log: logSettings, limits, pingMs, egress } = settings
  const ofWorkers = { ...(plugins !== undefined && { plugins }), log: logSettings, limits, pingMs, egress }
  const setup = { settings: ofWorkers, modules, keys }
  return hostInWorkers({ count: settings.workers, setup, store, snapshot, log, metrics })
}

async function createAdmin(
  { settings, registry, log }: GatewayOptions,
  configuration: Configuration,
  host: PlaneHost,
  closers: Closer[],
) {
  const { corsOrigins: origins, allowedHosts, tls: files } = settings.admin
  const followed = files && (await openAdminTls(files, log))
  if (followed !== undefined) closers.push(followFiles(followed))
  const admin = createAdminApi({
    store: host.store,
    registry,
    cipher: configuration.cipher,
    keys: configuration.adminKeys,
    audit: { log: configuration.auditLog, hashKey: auditHashKey(configuration.keys) },
    allowAdmin: settings.admin.allow,
    maskSecrets: settings.admin.maskSecrets,
    requireVerify: settings.egress.requireVerify,
    ...(origins.length > 0 && { cors: { origins } }),
    ...(allowedHosts !== undefined && { allowedHosts }),
    ...(followed !== undefined && { tls: followed.tls }),
    log,
  })
  tellBehind(admin, () => host.behind())
  return admin
}

/** Made from the key that encrypts, which all gateways of a store have, and of no use for reading what it encrypted. */
function auditHashKey([first]: readonly EncryptionKey[]): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', first?.key ?? '', '', 'sluice audit log', 32))
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
