import { createRegistry, createValidator, type JsonObject, resourceTypeOf } from '@sluice/core'
import { createDataPlane } from '@sluice/server'
import type { Plugin, Scheme, SchemeEnv, SessionLimits } from '@sluice/spi'
import { type RecordedLog, type RecordedMetrics, recordedLog, recordedMetrics } from './recorded.ts'

/** What an in-process gateway is made of. @public */
export interface InProcessOptions {
  /** None by default. */
  readonly schemes?: readonly Scheme[]
  /** None by default. */
  readonly plugins?: readonly Plugin[]
  /** By default 16 commands and 1 MiB of answers for a socket, which stalls after 10 s, and messages of up to 64 KiB. */
  readonly limits?: Partial<SessionLimits & { readonly messageBytes: number }>
  /** What the plugins of a request may take together, in milliseconds; 10,000 by default. */
  readonly pluginMs?: number
}

/** A gateway in the process of a test: the real data plane, without a store and an Admin API. @public */
export interface InProcessGateway {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** `ws://127.0.0.1:<port>` */
  readonly socketUrl: string
  /** What was logged. */
  readonly log: RecordedLog
  /** What was counted. */
  readonly metrics: RecordedMetrics
  /** Open WebSockets of clients. */
  readonly sockets: number
  /** Connections that schemes have opened with `dial` and not closed. */
  readonly dialled: number
  /**
   * Stores a resource, e.g. `/routes/1`, checked as the Admin API checks it; it is served when this returns.
   *
   * @throws with the text that the Admin API answers with
   */
  put(key: string, value: JsonObject): void
  /** Takes a resource away; the sockets of a route are closed with 1012, as by the Admin API. */
  delete(key: string): void
  /** Lets commands be answered, then closes what is open with 1001, as at SIGTERM. */
  drain(): Promise<void>
  /** Ends it, with all that is open; may be called twice. */
  close(): Promise<void>
}

const limits = { commandsInFlight: 16, outputQueueBytes: 1 << 20, stallMs: 10_000, messageBytes: 65_536 }

/** Starts a gateway on a free port of 127.0.0.1. @public */
export async function startInProcess(options: InProcessOptions = {}): Promise<InProcessGateway> {
  const { plugins = [], pluginMs = 10_000, schemes = [] } = options
  const [log, metrics] = [recordedLog(), recordedMetrics()]
  let dialled = 0
  const counting = (env: SchemeEnv): SchemeEnv => ({
    ...env,
    dialFor(upstream) {
      const dial = env.dialFor(upstream)
      return async (target) => {
        const connection = await dial(target)
        dialled++
        connection.once('close', () => dialled--)
        return connection
      }
    },
  })
  const counted = schemes.map((scheme): Scheme => ({ ...scheme, create: (env) => scheme.create(counting(env)) }))
  const registry = createRegistry(counted, plugins)
  const validator = createValidator(registry)
  const plane = createDataPlane({
    registry,
    decrypt: (text) => text,
    log,
    metrics,
    limits: { ...limits, ...options.limits },
    pluginMs,
    pingMs: 30_000,
  })
  plane.apply({ revision: 1, entries: [] })
  const { port } = await plane.listen({ host: '127.0.0.1', port: 0 })
  let revision = 1
  return {
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}`,
    log,
    metrics,
    get sockets() {
      return plane.stats().sockets
    },
    get dialled() {
      return dialled
    },
    put(key, fields) {
      const type = resourceTypeOf(key)
      if (type === undefined) throw new Error(`there is no resource ${key}; write /routes/1, say`)
      const value = { ...fields, id: key.slice(key.lastIndexOf('/') + 1) }
      validator.checkFields(type, value)
      validator.checkBehaviour(type, value)
      const entry = { key, value, createdIndex: ++revision, modifiedIndex: revision }
      plane.change({ revision, changes: [{ key, entry }] })
    },
    delete(key) {
      plane.change({ revision: ++revision, changes: [{ key }] })
    },
    drain: () => plane.drain(10_000),
    close: () => plane.close(),
  }
}
