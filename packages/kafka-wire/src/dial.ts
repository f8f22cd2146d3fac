import { isIP, connect as netConnect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, checkServerIdentity, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { type ConnectPhase, connectError } from './connect-error.ts'

/** TLS towards a broker. */
export interface TlsOptions {
  /** Whether the broker's certificate is checked. */
  readonly verify: boolean
  /** PEM certificates trusted instead of the system's. */
  readonly ca?: string
  /** Name in SNI and in the check of the certificate; the broker's host by default. */
  readonly serverName?: string
  /** PEM certificate of the client. */
  readonly cert?: string
  /** PEM key of the client. */
  readonly key?: string
}

/** Where to connect and how. */
export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly tls?: TlsOptions
  /** Milliseconds for name resolution, TCP and TLS together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Whether a broker named this address in its metadata, rather than the operator in the configuration. */
  readonly advertised: boolean
  /**
   * For `net.connect`: gets the bytes of a plaintext connection in a buffer that is reused, instead of `data` events,
   * at a third less CPU. A dialler may ignore it.
   */
  readonly onread?: OnReadOpts
}

/** Opens a byte stream to a broker. */
export type Dial = (target: DialTarget) => Promise<Duplex>

/**
 * Opens a TCP or TLS connection. Rejects with KAFKA_DNS_FAILED, KAFKA_CONNECT_FAILED, KAFKA_CONNECT_TIMEOUT,
 * KAFKA_TLS_FAILED, KAFKA_PLAINTEXT_EXPECTED or KAFKA_ABORTED.
 */
export function dialTcp(target: DialTarget): Promise<Duplex> {
  return new Promise<Duplex>((resolve, reject) => {
    let phase: ConnectPhase = isIP(target.host) ? 'tcp' : 'dns'
    let socket: Socket | undefined
    const settle = (error?: unknown): void => {
      clearTimeout(timer)
      target.signal?.removeEventListener('abort', onAbort)
      socket?.removeListener('error', settle).removeListener('close', onClose)
      // its user attaches a listener of its own only later
      socket?.on('error', () => {})
      if (error === undefined && socket !== undefined) {
        resolve(socket)
        return
      }
      const failure = connectError(error, target, phase)
      if (socket === undefined || socket.closed) reject(failure)
      else socket.once('close', () => reject(failure)).destroy()
    }
    const onAbort = (): void => settle(target.signal?.reason)
    const onClose = (): void => settle(new Error('the connection was closed'))
    const timer = setTimeout(() => settle(new DOMException('timed out', 'TimeoutError')), target.timeoutMs)
    if (target.signal?.aborted) return onAbort()
    target.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      socket = target.tls === undefined ? openTcp(target) : openTls(target, target.tls)
    } catch (error) {
      phase = 'tls'
      return settle(error)
    }
    socket.on('error', settle).on('close', onClose)
    socket.on('lookup', (error) => {
      if (!error) phase = 'tcp'
    })
    socket.on('connect', () => {
      phase = 'tls'
      if (target.tls === undefined) settle()
    })
    socket.on('secureConnect', () => settle())
  })
}

function openTcp(target: DialTarget): Socket {
  const options: TcpNetConnectOpts = { host: target.host, port: target.port, noDelay: true, keepAlive: true }
  if (target.onread !== undefined) options.onread = target.onread
  return netConnect(options)
}

function openTls(target: DialTarget, tls: TlsOptions): TLSSocket {
  const name = tls.serverName ?? target.host
  const options: ConnectionOptions = {
    host: target.host,
    port: target.port,
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  }
  // RFC 6066 section 3: SNI holds host names only
  if (!isIP(name)) options.servername = name
  if (tls.ca !== undefined) options.ca = tls.ca
  if (tls.cert !== undefined) options.cert = tls.cert
  if (tls.key !== undefined) options.key = tls.key
  return tlsConnect(options).setNoDelay(true).setKeepAlive(true)
}
