import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ServerCertificate } from '@sluice/core'
import { contextOf } from './server-contexts.ts'

/** What clients meet who open connections and do not use them as they should. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Node looks for clients that are too slow only every 30 s by default.
  connectionsCheckingInterval: 2000,
} as const
const mostHeaders = 100
const handshakeTimeout = 10_000

/** TLS of a listener. */
export interface ListenerTls {
  /** Gives what is shown for the name that a client sent (SNI); undefined where there is none. */
  readonly find: (name: string) => ServerCertificate | undefined
  /** Told of each handshake that came to nothing. */
  readonly onFailed: (error: Error) => void
}

/** A server of HTTP or HTTPS. */
interface HttpServer {
  readonly server: Server
  /** Ends connections whose handshake goes on, which the server itself leaves alone. */
  cutHandshakes(): void
}

/** Makes the server of a listener, HTTP or, where it has TLS, HTTPS from TLS 1.2 on; it does not listen yet. */
export function createHttpServer(handler: RequestListener, tls: ListenerTls | undefined): HttpServer {
  const server = tls === undefined ? createServer({ ...limits }, handler) : createSecureServer(handler, tls)
  server.maxHeadersCount = mostHeaders
  return { server, cutHandshakes: tls === undefined ? () => {} : watchHandshakes(server) }
}

/** Gives the function that ends what is still in its handshake; connections are known by the address of the client. */
function watchHandshakes(server: Server): () => void {
  const shaking = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    shaking.set(name, socket)
    socket.once('close', () => {
      if (shaking.get(name) === socket) shaking.delete(name)
    })
  })
  server.on('secureConnection', (socket: Socket) => shaking.delete(nameOf(socket)))
  return () => {
    for (const socket of shaking.values()) socket.destroy()
  }
}

function createSecureServer(handler: RequestListener, { find, onFailed }: ListenerTls): Server {
  const http: ServerOptions = limits
  const server = createTlsServer(
    {
      ...http,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout,
      SNICallback(name, tell) {
        try {
          // Without a context OpenSSL has no certificate to show, and refuses the handshake with an alert.
          const certificate = find(name)
          tell(null, certificate && contextOf(certificate))
        } catch (error) {
          tell(error instanceof Error ? error : new Error(String(error)))
        }
      },
    },
    handler,
  )
  server.on('tlsClientError', onFailed)
  server.on('secureConnection', (socket: TLSSocket) => {
    // The version is agreed on before the name is known, so that no context can rule it.
    const { protocols } = find(socket.servername || '') ?? {}
    const spoken = socket.getProtocol()
    if (protocols === undefined || spoken === null || protocols.includes(spoken)) return
    onFailed(
      new Error(
        `the client speaks ${spoken}, where the certificate of ${socket.servername} is for ${protocols.join(' and ')}`,
      ),
    )
    socket.destroy()
  })
  return server
}
