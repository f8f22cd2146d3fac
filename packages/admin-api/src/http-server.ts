import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'

/** TLS of the Admin API. */
export interface AdminTls {
  /** Certificate and those between it and the CA, PEM. */
  readonly cert: string
  /** Its private key, PEM. */
  readonly key: string
  /** Certificates of the CAs of clients, PEM; where it is given, clients without a certificate of theirs are refused. */
  readonly clientCa?: string
  /** Told of each server that is made, so that its certificate can be exchanged. */
  onServer?(server: TlsServer): void
}

// A client that sends its request a byte at a time, or none, loses its connection and not the gateway its sockets.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  // How often the two above are looked at.
  connectionsCheckingInterval: 5000,
  keepAliveTimeout: 65_000,
} as const
const handshakeTimeout = 10_000
const silenceMs = 120_000
const mostConnections = 1024

/** Makes the server of the Admin API, HTTP or HTTPS from TLS 1.2 on; it does not listen yet. */
export function createHttpServer(handler: RequestListener, tls: AdminTls | undefined): Server {
  const server = tls === undefined ? createServer({ ...limits }, handler) : createSecureServer(handler, tls)
  server.setTimeout(silenceMs)
  server.maxConnections = mostConnections
  return server
}

function createSecureServer(handler: RequestListener, { cert, key, clientCa, onServer }: AdminTls): Server {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  const http: ServerOptions = limits
  const server = createTlsServer({ ...http, cert, key, ...clients, minVersion: 'TLSv1.2', handshakeTimeout }, handler)
  onServer?.(server)
  return server
}

/** Headers of every answer: it is JSON and nothing else, and may hold secrets, so that nobody keeps it. */
export const safetyHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const

/** Answers what is no HTTP request, or was not sent in time, and closes the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  // The answer to an earlier request may be under way, and nothing may come in front of it.
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const [status, text] = clientErrors.get(error.code ?? '') ?? ['400 Bad Request', 'the request is no valid HTTP/1.1']
  const body = `${JSON.stringify({ error_msg: text })}\n`
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Server: 'Sluice',
    ...safetyHeaders,
    Connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status}`, ...head, '', body].join('\r\n'))
}

const clientErrors: ReadonlyMap<string, readonly [status: string, text: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'the headers of the request are too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'the request was not sent in time']],
])
