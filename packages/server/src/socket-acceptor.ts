import type { Socket } from 'node:net'
import type { PipelinePlugin, Registry, RouteTable } from '@sluice/core'
import {
  type Counter,
  type Gauge,
  isSluiceError,
  type Log,
  type MessageHooks,
  type Metrics,
  type NamedHooks,
  type SchemeInstance,
  type SessionLimits,
  type SluiceError,
} from '@sluice/spi'
import type { WebSocket } from 'ws'
import {
  ConsumerChanged,
  GatewayDraining,
  HttpExpected,
  RouteChanged,
  SchemeFailed,
  SocketPluginFailed,
} from './errors.ts'
import { countFailure, countSchemeFailure } from './failures.ts'
import type { LiveSocket, LiveSockets } from './live-sockets.ts'
import { type RequestScope, schemeContext } from './request-scope.ts'
import type { RoutedRequest } from './route-request.ts'
import { WsMessageSocket } from './ws-message-socket.ts'

/** What an acceptor is made of. */
export interface SocketAcceptorOptions {
  readonly live: LiveSockets
  readonly schemes: ReadonlyMap<string, SchemeInstance>
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
  readonly limits: SessionLimits
  /** The table that is served now. */
  readonly table: () => RouteTable
}

const noHooks: readonly NamedHooks[] = []

/** Hands clients over to the scheme of their route. */
export class SocketAcceptor {
  readonly #options: SocketAcceptorOptions
  readonly #open: Gauge
  readonly #accepted: Counter
  readonly #stalled: Counter
  #draining = false

  constructor(options: SocketAcceptorOptions) {
    this.#options = options
    this.#open = options.metrics.gauge('connections', 'Open client WebSockets')
    this.#accepted = options.metrics.counter('connections_accepted_total', 'Client WebSockets accepted')
    this.#stalled = options.metrics.counter(
      'connections_stalled_total',
      'Client WebSockets cut because they did not read',
    )
  }

  /** From now on sockets whose handshake is still going on are closed with 1001. */
  drain(): void {
    this.#draining = true
  }

  /**
   * Lets the scheme of the route look at an upgrade request.
   *
   * @throws REQUEST_HTTP_EXPECTED, and what the scheme refuses it with
   */
  check({ route, scope }: RoutedRequest): void {
    const name = route.upstream?.scheme ?? ''
    const scheme = this.#options.schemes.get(name)
    if (scheme?.open === undefined)
      throw new HttpExpected(this.#options.registry.schemes.get(name)?.usage ?? 'use HTTP')
    scheme.check?.(scope.request)
  }

  /** Takes over an accepted WebSocket. */
  accept(ws: WebSocket, raw: Socket, { identity, plugins, route, scope }: RoutedRequest): void {
    const { live, limits, log, metrics, schemes, table } = this.#options
    const { upstream } = route
    const scheme = schemes.get(upstream?.scheme ?? '')
    const socket = new WsMessageSocket(ws, raw, limits.stallMs, {
      onStalled: () => {
        this.#stalled.add(1)
        log.info(
          { route: route.id, remote: scope.request.remoteAddress },
          'a client is cut: it does not read its answers',
        )
      },
      onClosed: () => {
        live.delete(entry)
        this.#open.add(-1)
      },
    })
    const entry: LiveSocket = { routeId: route.id, digest: route.digest, identity, socket }
    live.add(entry)
    this.#open.add(1)
    this.#accepted.add(1)
    // The configuration may have changed while plugins ran and the handshake went on.
    const refusal = this.#draining
      ? new GatewayDraining()
      : table().route(route.id)?.digest !== route.digest
        ? new RouteChanged()
        : identity !== undefined && !table().consumers.isCurrent(identity)
          ? new ConsumerChanged()
          : undefined
    if (refusal !== undefined || scheme?.open === undefined || upstream === undefined) {
      const { message, place } = refusal ?? new RouteChanged()
      socket.close(place.close ?? 1012, message)
      return
    }
    const hooks = this.#hooksOf(plugins, scope, socket, upstream.scheme)
    if (hooks === undefined) return
    try {
      entry.session = scheme.open({ ...schemeContext(scope, route, upstream), hooks }, socket)
    } catch (error) {
      countSchemeFailure(metrics, upstream.scheme)
      log.error({ err: error, route: route.id, scheme: upstream.scheme }, 'a scheme failed to take over a socket')
      const { message, place } = new SchemeFailed()
      socket.close(place.close ?? 1011, message)
    }
  }

  /** What plugins want to see of a socket; undefined where one of them has ended it. */
  #hooksOf(
    plugins: readonly PipelinePlugin[],
    scope: RequestScope,
    socket: WsMessageSocket,
    scheme: string,
  ): readonly NamedHooks[] | undefined {
    const asking = plugins.filter(({ instance }) => instance.messages !== undefined)
    // A scheme without a protocol has no messages that a plugin could read, and would not close the hooks.
    if (asking.length === 0 || this.#options.registry.schemes.get(scheme)?.protocol === undefined) return noHooks
    const made: NamedHooks[] = []
    for (const { applies, instance, name } of asking) {
      if (applies?.(scope.request) === false) continue
      try {
        const hooks = instance.messages?.(scope)
        if (hooks !== undefined) made.push({ plugin: name, hooks })
      } catch (error) {
        const refusal = isSluiceError(error) && error.place.close !== undefined ? error : this.#failed(name, error)
        socket.close(refusal.place.close ?? 1011, refusal.message)
        for (const { plugin, hooks } of made) this.#closeHooks(plugin, hooks)
        return undefined
      }
    }
    return made.length === 0 ? noHooks : made
  }

  #failed(plugin: string, error: unknown): SluiceError {
    countFailure(this.#options.metrics, plugin)
    this.#options.log.error({ err: error, plugin }, 'a plugin failed as a socket was opened')
    return new SocketPluginFailed(plugin, { cause: error })
  }

  #closeHooks(plugin: string, hooks: MessageHooks): void {
    Promise.try(() => hooks.close?.()).catch((error: unknown) => this.#failed(plugin, error))
  }
}
