import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Counter, Dial, DialError, DialPhase, DialTarget, Log, Metrics, SchemeEnv } from '@sluice/spi'
import { type DialSocket, dialSocket } from './dial-socket.ts'
import { createTranslatedMatcher } from './egress/address-class.ts'
import { AddressRefused } from './egress/address-refused.ts'
import { type Admission, createAdmission } from './egress/admission.ts'
import { createRefusalLog } from './egress/refusal-log.ts'
import { type Resolve, resolveHost } from './egress/resolve.ts'

/** What connections to upstreams are opened under. */
export interface DialOptions {
  readonly metrics: Metrics
  readonly log: Log
  /** Addresses and networks that an upstream may advertise whatever its nodes are, `egress.allow`. */
  readonly allow: readonly string[]
}

/** What dialling does outside of this process; tests replace it. */
export interface DialNetwork {
  readonly resolve: Resolve
  readonly connect: DialSocket
  readonly now: () => number
}

const systemNetwork: DialNetwork = { resolve: resolveHost, connect: dialSocket, now: () => performance.now() }

/** A connection that could not be opened: `cause` is the error of Node, of the signal, or of the egress policy. */
class DialFailed extends Error implements DialError {
  override readonly name = 'DialFailed'
  readonly phase: DialPhase

  constructor({ host, port }: DialTarget, phase: DialPhase, cause: unknown) {
    const why = cause instanceof AddressRefused ? `: the egress policy refuses it: ${cause.message}` : ''
    super(`cannot connect to ${host}:${port}${why}`, { cause })
    this.phase = phase
  }
}

/** Makes what gives every upstream its {@link Dial}: all connections of the gateway are opened, judged and counted here. */
export function createDialFor(options: DialOptions, network = systemNetwork): SchemeEnv['dialFor'] {
  const { metrics, log, allow } = options
  const counters = createCounters(metrics)
  const isAllowed = createTranslatedMatcher(allow)
  const logRefusal = createRefusalLog(log)
  return (upstream) => {
    const admit = createAdmission({ upstream, isAllowed, resolve: network.resolve, now: network.now })
    return async (target) => {
      const state: DialState = { phase: isIP(target.host) === 0 ? 'dns' : 'tcp' }
      try {
        const socket = await open(target, admit, network.connect, state)
        counters.attempts.add(1)
        return socket
      } catch (cause) {
        if (cause instanceof AddressRefused) {
          counters.refused.add(1)
          logRefusal(upstream, target, cause)
          throw new DialFailed(target, 'policy', cause)
        }
        counters.attempts.add(1)
        counters.failures[state.phase].add(1)
        throw new DialFailed(target, state.phase, cause)
      }
    }
  }
}

interface DialState {
  phase: Exclude<DialPhase, 'policy'>
}

function createCounters(metrics: Metrics) {
  const failed = (phase: string): Counter =>
    metrics.counter('upstream_dial_failures_total', 'Connections to upstreams that failed, by step', { phase })
  return {
    attempts: metrics.counter('upstream_dials_total', 'Connections to upstreams that were tried'),
    refused: metrics.counter('upstream_dials_refused_total', 'Addresses of upstreams that the egress policy refused'),
    failures: { dns: failed('dns'), tcp: failed('tcp'), tls: failed('tls') },
  }
}

/** Resolves, judges and connects, noting the step it is at. */
async function open(target: DialTarget, admit: Admission, connect: DialSocket, state: DialState): Promise<Duplex> {
  target.signal?.throwIfAborted()
  const limit = startLimit(target)
  try {
    const addresses = await Promise.race([admit(target), limit.reached])
    if (state.phase === 'dns') {
      target.onStep?.({ phase: 'dns', addresses: addresses.map(({ address }) => address) })
    }
    state.phase = 'tcp'
    return await connected(connect(target, addresses), target, limit.reached, state)
  } finally {
    limit.end()
  }
}

interface Limit {
  /** Rejects when the target's time is over, or its signal says so. */
  readonly reached: Promise<never>
  end(): void
}

function startLimit({ timeoutMs, signal }: DialTarget): Limit {
  const { promise: reached, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal?.reason)
  const timer = setTimeout(() => reject(new DOMException('timed out', 'TimeoutError')), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    reached,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

async function connected(
  socket: Socket,
  { tls, onStep }: DialTarget,
  limitReached: Promise<never>,
  state: DialState,
): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onClose = (): void => reject(new Error('the connection was closed'))
  socket.on('error', reject).on('close', onClose)
  socket.once('connect', () => {
    state.phase = 'tls'
    if (tls === undefined) resolve()
    else onStep?.({ phase: 'tcp' })
  })
  socket.once('secureConnect', resolve)
  try {
    await Promise.race([promise, limitReached])
    return socket
  } catch (error) {
    await destroyed(socket)
    throw error
  } finally {
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
