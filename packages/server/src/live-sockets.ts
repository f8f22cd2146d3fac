import type { ConsumerIdentity } from '@sluice/core'
import type { SchemeSession } from '@sluice/spi'
import type { WsMessageSocket } from './ws-message-socket.ts'

/** An open WebSocket of a route. */
export interface LiveSocket {
  readonly routeId: string
  /** Digest of the route's effective configuration when the socket was accepted. */
  readonly digest: string
  /** Who asked for it; absent where nobody had to say. */
  readonly identity?: ConsumerIdentity | undefined
  readonly socket: WsMessageSocket
  session?: SchemeSession
}

/** The open WebSockets, by route. */
export class LiveSockets {
  readonly #byRoute = new Map<string, Set<LiveSocket>>()
  #size = 0
  #onEmpty: (() => void) | undefined

  get size(): number {
    return this.#size
  }

  get routeIds(): Iterable<string> {
    return this.#byRoute.keys()
  }

  add(live: LiveSocket): void {
    const sockets = this.#byRoute.get(live.routeId) ?? new Set()
    this.#byRoute.set(live.routeId, sockets.add(live))
    this.#size++
  }

  delete(live: LiveSocket): void {
    const sockets = this.#byRoute.get(live.routeId)
    if (sockets === undefined || !sockets.delete(live)) return
    if (sockets.size === 0) this.#byRoute.delete(live.routeId)
    this.#size--
    if (this.#size === 0) this.#onEmpty?.()
  }

  ofRoute(id: string): readonly LiveSocket[] {
    return [...(this.#byRoute.get(id) ?? [])]
  }

  all(): readonly LiveSocket[] {
    return [...this.#byRoute.values()].flatMap((sockets) => [...sockets])
  }

  /** Resolves once no socket is open. */
  async empty(): Promise<void> {
    if (this.#size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    await promise
  }
}
