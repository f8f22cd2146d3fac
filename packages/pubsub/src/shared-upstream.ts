import { createHash } from 'node:crypto'
import type { Log, ResolvedUpstream } from '@sluice/spi'
import type { AnyHandler, AnyPort, HandlerSource } from './session.ts'
import type { Lease, UsagePool } from './usage-pool.ts'

/** An upstream whose message types are known only to its scheme. */
export interface AnyUpstream {
  session(
    port: AnyPort,
    log: Log,
  ): { readonly commands: ReadonlyMap<string, AnyHandler>; close?(): void | Promise<void> }
  close?(): void | Promise<void>
}

/** What two sessions must have in common to share an upstream, as one string that shows no secret. */
export function upstreamKey(upstream: ResolvedUpstream, identity: readonly unknown[]): string {
  const { nodes, tls, timeouts, options } = upstream
  const text = JSON.stringify([nodes, tls, timeouts, options, identity], sortKeys)
  return createHash('sha256').update(text).digest('base64')
}

const closeMs = 10_000

/** Where one session gets its handlers: uses the shared upstream from the first command until the socket is gone. */
export function createHandlerSource(
  pool: UsagePool<AnyUpstream>,
  key: string,
  open: () => Promise<AnyUpstream>,
  log: Log,
  onCloseFailed: (error: unknown) => void,
): HandlerSource {
  let lease: Lease<AnyUpstream> | undefined
  let session: ReturnType<AnyUpstream['session']> | undefined
  let opening: Promise<ReadonlyMap<string, AnyHandler>> | undefined
  let released = false

  const openSession = async (port: AnyPort): Promise<ReadonlyMap<string, AnyHandler>> => {
    const used = pool.acquire(key, open)
    lease = used
    try {
      const upstream = await used.value
      if (released) return new Map()
      session = upstream.session(port, log)
      return session.commands
    } catch (error) {
      // The next command tries again.
      used.release()
      opening = undefined
      throw error
    }
  }

  return {
    handlers(port) {
      if (session !== undefined) return session.commands
      opening ??= openSession(port)
      return opening
    },
    release() {
      if (released) return
      released = true
      void withinReason(Promise.try(() => session?.close?.()))
        .catch(onCloseFailed)
        .finally(() => lease?.release())
    },
  }
}

/** A session that never ends must not keep the upstream open for ever. */
async function withinReason(closing: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`a session did not close within ${closeMs} ms`)), closeMs)
  timer.unref()
  try {
    await Promise.race([closing, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
