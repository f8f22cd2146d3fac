import { isIP, connect as netConnect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, checkServerIdentity, connect as tlsConnect } from 'node:tls'
import type { Counter, Dial, DialError, DialPhase, DialTarget, Metrics } from '@sluice/spi'

/** A connection that could not be opened: `cause` is the error of Node or of the signal. */
class DialFailed extends Error implements DialError {
  override readonly name = 'DialFailed'
  readonly phase: DialPhase

  constructor(target: DialTarget, phase: DialPhase, cause: unknown) {
    super(`cannot connect to ${target.host}:${target.port}`, { cause })
    this.phase = phase
  }
}

/** Makes the function that opens every connection of the gateway to an upstream, and counts them. */
export function createDial(metrics: Metrics): Dial {
  const attempts = metrics.counter('upstream_dials_total', 'Connections to upstreams that were tried')
  const failures: Record<DialPhase, Counter> = {
    dns: failureCounter(metrics, 'dns'),
    tcp: failureCounter(metrics, 'tcp'),
    tls: failureCounter(metrics, 'tls'),
  }
  return async (target) => {
    attempts.add(1)
    const state: { phase: DialPhase } = { phase: isIP(target.host) === 0 ? 'dns' : 'tcp' }
    try {
      return await open(target, state)
    } catch (cause) {
      failures[state.phase].add(1)
      throw new DialFailed(target, state.phase, cause)
    }
  }
}

function failureCounter(metrics: Metrics, phase: DialPhase): Counter {
  return metrics.counter('upstream_dial_failures_total', 'Connections to upstreams that failed, by step', { phase })
}

/** Opens a TCP or TLS connection, noting the step it is at. */
async function open(target: DialTarget, state: { phase: DialPhase }): Promise<Duplex> {
  target.signal?.throwIfAborted()
  if (target.tls !== undefined) state.phase = isIP(target.host) === 0 ? 'dns' : 'tcp'
  const socket = target.tls === undefined ? openTcp(target) : openTls(target, target.tls)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(target.signal?.reason)
  const onClose = (): void => reject(new Error('the connection was closed'))
  const timer = setTimeout(() => reject(new DOMException('timed out', 'TimeoutError')), target.timeoutMs)
  target.signal?.addEventListener('abort', onAbort, { once: true })
  socket.on('error', reject).on('close', onClose)
  socket.once('lookup', (error) => {
    if (!error) state.phase = 'tcp'
  })
  socket.once('connect', () => {
    state.phase = 'tls'
    if (target.tls === undefined) resolve()
  })
  socket.once('secureConnect', resolve)
  try {
    await promise
    return socket
  } catch (error) {
    await destroyed(socket)
    throw error
  } finally {
    clearTimeout(timer)
    target.signal?.removeEventListener('abort', onAbort)
    // Until its user listens, and when the socket dies, an error is no news.
    socket.on('error', () => {})
    socket.off('error', reject).off('close', onClose)
  }
}

/** Ends a socket, and waits until it is gone, so that a failed attempt leaves nothing behind. */
async function destroyed(socket: Socket): Promise<void> {
  if (socket.closed) return
  socket.on('error', () => {})
  socket.destroy()
  await new Promise((resolve) => socket.once('close', resolve))
}

function openTcp({ host, port, onread }: DialTarget): Socket {
  return netConnect({ host, port, noDelay: true, keepAlive: true, ...(onread === undefined ? {} : { onread }) })
}

function openTls(target: DialTarget, tls: NonNullable<DialTarget['tls']>): Socket {
  const name = tls.serverName ?? target.host
  const options: ConnectionOptions = {
    host: target.host,
    port: target.port,
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  }
  // SNI holds host names only (RFC 6066, section 3).
  if (isIP(name) === 0) options.servername = name
  if (tls.ca !== undefined) options.ca = tls.ca
  if (tls.cert !== undefined) options.cert = tls.cert
  if (tls.key !== undefined) options.key = tls.key
  return tlsConnect(options).setNoDelay(true).setKeepAlive(true)
}
