import type { Socket } from 'node:net'
import type { EffectiveRoute, Registry, RouteTable } from '@sluice/core'
import type { Counter, Gauge, Log, Metrics, SchemeInstance, SessionLimits } from '@sluice/spi'
import type { WebSocket } from 'ws'
import { ConsumerChanged, GatewayDraining, RouteChanged, SchemeFailed, WebSocketExpected } from './errors.ts'
import type { LiveSocket, LiveSockets } from './live-sockets.ts'
import { type RoutedRequest, routeName } from './route-request.ts'
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
   * Refuses a plain request on a WebSocket route.
   *
   * @throws REQUEST_WEBSOCKET_EXPECTED
   */
  refusePlain({ upstream }: EffectiveRoute): never {
    const scheme = this.#options.registry.schemes.get(upstream?.scheme ?? '')
    throw new WebSocketExpected(scheme?.usage ?? 'connect with a WebSocket client')
  }

  /**
   * Lets the scheme of the route look at an upgrade request.
   *
   * @throws what the scheme refuses it with
   */
  check({ request, route }: RoutedRequest): void {
    this.#options.schemes.get(route.upstream?.scheme ?? '')?.check?.(request)
  }

  /** Takes over an accepted WebSocket. */
  accept(ws: WebSocket, raw: Socket, { ctx, identity, request, route }: RoutedRequest): void {
    const { live, limits, log, schemes, table } = this.#options
    const { upstream } = route
    const scheme = schemes.get(upstream?.scheme ?? '')
    const socket = new WsMessageSocket(ws, raw, limits.stallMs, {
      onStalled: () => {
        this.#stalled.add(1)
        log.info({ route: route.id, remote: request.remoteAddress }, 'a client is cut: it does not read its answers')
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
    if (refusal !== undefined || scheme === undefined || upstream === undefined) {
      const { message, place } = refusal ?? new RouteChanged()
      socket.close(place.close ?? 1012, message)
      return
    }
    try {
      const { consumer } = ctx
      entry.session = scheme.open(
        { request, route: routeName(route), upstream, ...(consumer && { consumer }), values: ctx, log: ctx.log },
        socket,
      )
    } catch (error) {
      log.error({ err: error, route: route.id, scheme: upstream.scheme }, 'a scheme failed to take over a socket')
      const { message, place } = new SchemeFailed()
      socket.close(place.close ?? 1011, message)
    }
  }
}
