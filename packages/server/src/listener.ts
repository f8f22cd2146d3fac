import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import { PluginRefusal, type RouteTable } from '@sluice/core'
import { isSluiceError, type Log } from '@sluice/spi'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { WebSocket } from 'ws'
import { cutConnectionsWhenAnswered } from './cut-when-answered.ts'
import { createHttpServer, type ListenerTls } from './http-server.ts'
import type { ListenAddress } from './listen-address.ts'
import type { RequestAnswerer } from './request-answerer.ts'
import { type RequestRouting, type RoutedRequest, routeRequest } from './route-request.ts'
import type { SocketAcceptor } from './socket-acceptor.ts'
import { closeGraceMs } from './ws-message-socket.ts'

// A fragment costs memory beyond its bytes: a message may have one for each 64 bytes that it may have itself.
const bytesPerFragment = 64
const leastFragments = 1024

/** One address on which clients come in. */
export interface DataPlaneListener {
  listen(address: ListenAddress): Promise<ListenAddress>
  /** Takes no new connection; resolves when the plain requests are answered. */
  stopAccepting(): Promise<void>
  close(): Promise<void>
}

/** What a listener is made of. */
export interface ListenerOptions {
  readonly acceptor: SocketAcceptor
  readonly answerer: RequestAnswerer
  readonly routing: RequestRouting
  readonly log: Log
  /** Longest message from a client; a longer one closes its socket with 1009. */
  readonly messageBytes: number
  /** HTTP where absent. */
  readonly tls?: ListenerTls | undefined
  /** The table that is served now. */
  readonly table: () => RouteTable
}

/** A request that is about to become a WebSocket. */
interface RoutedUpgrade {
  readonly found: RoutedRequest
  /** The response that will not be given, which the socket is assigned to. */
  readonly response: ServerResponse
}

/** Makes a listener; it accepts nobody before `listen`. */
export async function createListener({
  acceptor,
  answerer,
  log,
  messageBytes,
  routing,
  tls,
  table,
}: ListenerOptions): Promise<DataPlaneListener> {
  let cutHandshakes = (): void => {}
  const app = fastify({
    logger: false,
    serverFactory: (handler) => {
      const made = createHttpServer(handler, tls)
      cutHandshakes = made.cutHandshakes
      return made.server
    },
    // Matching is the route table's; every path has the same Fastify route.
    rewriteUrl: () => '/',
  })
  const cutWhenAnswered = cutConnectionsWhenAnswered(app)
  const breakOff = (error: Error, ws: WebSocket): void => {
    log.debug({ err: error }, 'a client broke the WebSocket protocol or its connection')
    // A socket that is closing has sent the code that says what was wrong; cutting it now could lose that on the way.
    if (ws.readyState === ws.OPEN) ws.terminate()
  }
  const routed = new WeakMap<FastifyRequest['raw'], RoutedUpgrade>()

  await app.register(websocket, {
    options: socketOptions(messageBytes),
    // The data plane drains its sockets itself; the error is followed by the close event, which frees all.
    preClose: (done) => done(),
    errorHandler: breakOff,
  })
  app.setErrorHandler((error, _request, reply) => sendError(error, reply, log))

  app.addHook('onRequest', async (request, reply) => {
    const { raw: response } = reply
    // rewriteUrl changed raw.url for the router alone; plugins and the table see what the client sent.
    request.raw.url = request.originalUrl
    const found = await routeRequest(table(), request.raw, routing)
    if (isUpgrade(request)) {
      acceptor.check(found)
      routed.set(request.raw, { found, response })
      return
    }
    answerer.check(found)
    // Here, before Fastify looks at the body or at its type: both are the scheme's own.
    const { body, headers, status } = await answerer.answer(found, request.raw, response)
    return reply
      .code(status)
      .headers({ server: 'Sluice', ...headers })
      .send(body)
  })
  app.get('/', { websocket: true }, (ws, { raw }) => {
    const upgrade = routed.get(raw)
    if (upgrade === undefined) return
    // Both would keep the request for as long as the client stays, and all that was read with it: a third of its memory.
    upgrade.response.detachSocket(raw.socket)
    ws.removeAllListeners('error').on('error', (error) => breakOff(error, ws))
    acceptor.accept(ws, raw.socket, upgrade.found)
  })
  return listenerOf(app, acceptor, () => {
    cutHandshakes()
    cutWhenAnswered()
  })
}

function listenerOf(app: FastifyInstance, acceptor: SocketAcceptor, cutIdle: () => void): DataPlaneListener {
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    acceptor.drain()
    stopping ??= app.server.listening
      ? new Promise((resolve) => {
          app.server.close(() => resolve())
          cutIdle()
        })
      : Promise.resolve()
    return stopping
  }
  return {
    async listen({ host, port, reusePort = false }) {
      await app.listen({ host, port, ...(reusePort && { reusePort }) })
      const address = app.server.address()
      return { host, port: isAddressInfo(address) ? address.port : port }
    },
    stopAccepting: stop,
    async close() {
      const stopped = stop()
      app.server.closeAllConnections()
      await stopped
      await app.close()
    },
  }
}

// A function of its own, for the types of ws do not know closeTimeout yet and let it pass only here.
function socketOptions(messageBytes: number) {
  return {
    maxPayload: messageBytes,
    maxFragments: Math.max(leastFragments, Math.ceil(messageBytes / bytesPerFragment)),
    closeTimeout: closeGraceMs,
    perMessageDeflate: false,
    clientTracking: false,
  }
}

function isUpgrade({ method, raw, ws }: FastifyRequest): boolean {
  return ws && method === 'GET' && raw.headers.upgrade?.toLowerCase() === 'websocket'
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function sendError(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  if (reply.raw.destroyed) {
    log.debug({ err: error }, 'a client left before it was answered')
    return reply
  }
  reply.header('server', 'Sluice').header('connection', 'close')
  const known = error instanceof PluginRefusal ? error.cause : error
  if (isSluiceError(known)) {
    const body = error instanceof PluginRefusal ? error.body : { error_msg: known.message, code: known.code }
    return reply
      .code(known.place.status ?? 500)
      .headers({ ...known.headers })
      .send(body)
  }
  log.error({ err: error }, 'a request failed unexpectedly')
  return reply.code(500).send({ error_msg: 'internal error: the log of the gateway says why' })
}
