import {
  type ConfigRevision,
  type ConfigSnapshot,
  createRouteTable,
  type Registry,
  type RouteTable,
  routesChanged,
} from '@sluice/core'
import type { Log, Metrics, SchemeEnv, SchemeInstance, SessionLimits } from '@sluice/spi'
import { createDialFor } from './dial.ts'
import { ConsumerChanged, GatewayDraining, RouteChanged } from './errors.ts'
import type { ListenerTls } from './http-server.ts'
import type { ListenAddress } from './listen-address.ts'
import { createListener, type DataPlaneListener } from './listener.ts'
import { LiveSockets } from './live-sockets.ts'
import { PluginLifetimes } from './plugin-lifetimes.ts'
import { RequestAnswerer } from './request-answerer.ts'
import { SocketAcceptor } from './socket-acceptor.ts'

/** What a data plane is made of. */
export interface DataPlaneOptions {
  readonly registry: Registry
  /** Decrypts a secret field of the configuration. */
  readonly decrypt: (text: string) => string
  readonly log: Log
  readonly metrics: Metrics
  /** `messageBytes` is the longest message that a client may send. */
  readonly limits: SessionLimits & { readonly messageBytes: number }
  /** Milliseconds between pings; a client that leaves two unanswered is cut. */
  readonly pingMs: number
  /** What the plugins of a request may take together, in milliseconds; 10,000 by default. */
  readonly pluginMs?: number
  /** The strict policy, and verification as each upstream has it, by default. */
  readonly egress?: EgressOptions
}

/** What the operator rules about connections to upstreams. */
export interface EgressOptions {
  /** Addresses and networks that an upstream may advertise whatever its nodes are; none by default. */
  readonly allow?: readonly string[]
  /** Whether routes that use TLS without verification are refused; false by default. */
  readonly requireVerify?: boolean
}

/** What a data plane holds. */
export interface DataPlaneStats {
  readonly sockets: number
  readonly revision: number
}

/**
 * Serves clients. It gets its configuration as a snapshot and then as ordered changes, and never asks a store, so that it
 * can run in another thread or process.
 */
export interface DataPlane {
  apply(snapshot: ConfigSnapshot): void
  change(revision: ConfigRevision): void
  /** @throws the error of Node where the address cannot be bound */
  listen(address: ListenAddress): Promise<ListenAddress>
  /** Stops accepting, lets commands in flight be answered, closes sockets with 1001; cuts what is left at the time-out. */
  drain(timeoutMs: number): Promise<void>
  /** Frees everything; may be called twice. */
  close(): Promise<void>
  stats(): DataPlaneStats
}

/** Makes a data plane without any route. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { log, metrics, registry, decrypt, limits, egress = {}, pluginMs = 10_000 } = options
  const { allow = [], requireVerify = false } = egress
  const env: SchemeEnv = { dialFor: createDialFor({ metrics, log, allow }), log, metrics, limits }
  const schemes = new Map<string, SchemeInstance>(
    [...registry.schemes].map(([name, scheme]) => [name, scheme.create(env)]),
  )
  const live = new LiveSockets()
  const plugins = new PluginLifetimes(log)
  const listeners: DataPlaneListener[] = []
  const revision = metrics.gauge('config_revision', 'Revision of the configuration that is served')
  const acceptor = new SocketAcceptor({ live, schemes, registry, log, metrics, limits, table: () => table })
  const answerer = new RequestAnswerer({ schemes, registry, metrics, log })
  let table: RouteTable = createRouteTable({
    registry,
    decrypt,
    requireVerify,
    onProblem: (key, error) =>
      log.error({ key, err: error }, 'a stored resource cannot be used; the others are served'),
  })
  const failedHandshakes = metrics.counter(
    'tls_handshakes_failed_total',
    'TLS handshakes of clients that came to nothing',
  )
  const tls: ListenerTls = {
    find: (name) => table.certificate(name),
    onFailed(error) {
      failedHandshakes.add(1)
      log.debug({ err: error }, 'a TLS handshake of a client came to nothing')
    },
  }
  let closing: Promise<void> | undefined

  const swap = (next: RouteTable): void => {
    const changed = routesChanged(table, next, new Set([...live.routeIds, ...plugins.routeIds]))
    const before = table.globalPlugins
    const after = new Set(next.globalPlugins)
    void plugins.closeGlobal(before.filter((plugin) => !after.has(plugin)))
    revision.add(next.revision - table.revision)
    const { consumers } = next
    const areConsumersSame = consumers === table.consumers
    table = next
    if (!areConsumersSame) closeForConsumers(consumers)
    const { message, place } = new RouteChanged()
    for (const id of changed) {
      for (const { socket } of live.ofRoute(id)) socket.close(place.close ?? 1012, message)
      void plugins.close(id)
    }
  }

  const closeForConsumers = (consumers: RouteTable['consumers']): void => {
    const { message, place } = new ConsumerChanged()
    for (const { identity, socket } of live.all())
      if (identity !== undefined && !consumers.isCurrent(identity)) socket.close(place.close ?? 1012, message)
    void plugins.closeLayers((layer) => !consumers.hasLayer(layer))
  }

  const heartbeat = setInterval(() => {
    for (const { socket } of live.all()) socket.ping()
  }, options.pingMs)
  heartbeat.unref()

  const closeAll = async (): Promise<void> => {
    clearInterval(heartbeat)
    for (const { socket } of live.all()) socket.terminate()
    await Promise.all(listeners.map((listener) => listener.close()))
    await live.empty()
    await Promise.all([
      plugins.closeAll(),
      plugins.closeGlobal(table.globalPlugins),
      ...[...schemes.values()].map((scheme) => scheme.close()),
    ])
  }

  return {
    apply: (snapshot) => swap(table.fromSnapshot(snapshot)),
    change: (changes) => swap(table.with(changes)),
    async listen(address) {
      const listener = await createListener({
        acceptor,
        answerer,
        log,
        messageBytes: limits.messageBytes,
        routing: { plugins, pluginMs, metrics, log },
        ...(address.tls === true && { tls }),
        table: () => table,
      })
      listeners.push(listener)
      return listener.listen(address)
    },
    async drain(timeoutMs) {
      const stopped = Promise.all(listeners.map((listener) => listener.stopAccepting()))
      const { message, place } = new GatewayDraining()
      for (const { session, socket } of live.all()) session?.drain(() => socket.close(place.close ?? 1001, message))
      await within(timeoutMs, Promise.all([live.empty(), stopped]))
    },
    close() {
      closing ??= closeAll()
      return closing
    },
    stats: () => ({ sockets: live.size, revision: table.revision }),
  }
}

async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
