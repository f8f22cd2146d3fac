import type { FastifyInstance } from 'fastify'
import { followExpiry } from '../certificate-expiry.ts'
import { formatListenAddress } from '../config/listen-address.ts'
import type { Settings } from '../config/settings.ts'
import {
  configurationState,
  observeConfiguration,
  observeSecrets,
  type WatchedConfiguration,
} from '../configuration-state.ts'
import type { ProgramLog } from '../log.ts'
import { renderFamilies } from '../metric-families.ts'
import { createMetrics, type GatewayMetrics } from '../metrics.ts'
import { createSurviveFault, type SurviveFault } from '../modules/survive-fault.ts'
import { createStatusServer } from '../status-server.ts'
import { hostInWorkers } from '../workers/host-in-workers.ts'
import { createAdmin } from './create-admin.ts'
import type { Closer, GatewayOptions } from './gateway-options.ts'
import { prepareGracefulClose } from './graceful-close.ts'
import { hostInProcess } from './host-in-process.ts'
import { hostNothing } from './host-nothing.ts'
import { type ListenerName, listenOn } from './listen.ts'
import { type Configuration, openConfiguration } from './open-configuration.ts'
import type { PlaneHost } from './plane-host.ts'

/** A gateway that serves. */
export interface RunningGateway {
  /** Absent in the role `data_plane`. */
  readonly adminUrl?: string
  readonly dataUrls: readonly string[]
  readonly statusUrl: string
  /** Whether an error that nothing caught is that of a package of the configuration, which does not end the gateway. */
  readonly survives: SurviveFault
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

async function start(options: GatewayOptions, closers: Closer[]): Promise<RunningGateway> {
  const { settings, log } = options
  let notReady: string | undefined = 'starting'
  const metrics = createMetrics()
  closers.push(metrics.close)
  let host: PlaneHost | undefined
  let watched: WatchedConfiguration | undefined
  const status = createStatusServer({
    notReady: () => notReady,
    workers: () => host?.workers?.(),
    configuration: () => watched && configurationState(watched),
    metrics: {
      contentType: metrics.contentType,
      render: async () => renderFamilies(await (host ?? metrics).collect()),
    },
  })
  const closeStatus = prepareGracefulClose(status)
  closers.push(() => closeStatus(statusCloseMs))
  const statusUrl = await listenOn(listeners.status, settings.statusListen, (address) => status.listen({ ...address }))

  const configuration = await openConfiguration(options, closers)
  watched = configuration.watched
  if (watched !== undefined) observeConfiguration(watched, metrics.metrics)
  const { secrets } = configuration
  if (secrets !== undefined) observeSecrets(secrets, metrics.metrics)
  if (settings.serves.clients) {
    const { store, cipher } = configuration
    closers.push(await followExpiry({ store, decrypt: cipher.decrypt, metrics: metrics.metrics, log }))
  }
  const opened = await openHost(options, configuration, metrics)
  host = opened
  closers.push(() => opened.close())
  const admin = settings.serves.admin
    ? await createAdmin(options, configuration, opened, metrics.metrics, closers)
    : undefined
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
    survives: createSurviveFault(options.added, { log, metrics: metrics.metrics }),
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

/** One worker needs no process beside this one. */
async function openHost(
  { settings, registry, modules, log }: GatewayOptions,
  { store, snapshot, keys, cipher }: Configuration,
  metrics: GatewayMetrics,
): Promise<PlaneHost> {
  if (!settings.serves.clients) return hostNothing(store, metrics)
  if (settings.workers === 1) return hostInProcess({ settings, registry, cipher, log, metrics, store, snapshot })
  const { plugins, keyring, log: logSettings, limits, pluginMs, pingMs, egress } = settings
  const served = { limits, pluginMs, pingMs, egress }
  const ofWorkers = { ...(plugins !== undefined && { plugins }), keyring, log: logSettings, ...served }
  const setup = { settings: ofWorkers, modules, keys }
  return hostInWorkers({ count: settings.workers, setup, store, snapshot, log, metrics })
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
