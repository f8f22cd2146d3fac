import Fastify, { type FastifyInstance } from 'fastify'
import type { ConfigurationState } from './configuration-state.ts'
import type { GatewayMetrics } from './metrics.ts'

/** What the status listener tells. */
export interface StatusSource {
  /** Why the gateway should get no traffic now; `undefined` when it is ready. */
  notReady(): string | undefined
  /** Workers that serve, of all; undefined where there are none beside this process. */
  workers?(): { readonly ready: number; readonly of: number } | undefined
  /** What is wrong with the configuration; undefined where nothing is. */
  configuration?(): ConfigurationState | undefined
  readonly metrics: Pick<GatewayMetrics, 'render' | 'contentType'>
}

/** The status listener, not listening yet: `/healthz` (alive), `/readyz` (takes traffic) and `/metrics`. */
export function createStatusServer({ notReady, workers, configuration, metrics }: StatusSource): FastifyInstance {
  const app = Fastify({ logger: false, requestTimeout: 30_000, bodyLimit: 1024 })
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const about = { workers: workers?.(), configuration: configuration?.() }
    const reason = notReady() ?? (about.workers?.ready === 0 ? 'no worker serves' : undefined)
    if (reason === undefined) return { status: 'ready', ...about }
    return reply.code(503).send({ status: 'not ready', reason, ...about })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()))
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'there is only /healthz, /readyz and /metrics' }),
  )
  return app
}
