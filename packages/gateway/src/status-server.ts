import Fastify, { type FastifyInstance } from 'fastify'
import type { GatewayMetrics } from './metrics.ts'

/** What the status listener tells. */
export interface StatusSource {
  /** Why the gateway should get no traffic now; `undefined` when it is ready. */
  notReady(): string | undefined
  readonly metrics: Pick<GatewayMetrics, 'render' | 'contentType'>
}

/** The status listener, not listening yet: `/healthz` (alive), `/readyz` (takes traffic) and `/metrics`. */
export function createStatusServer({ notReady, metrics }: StatusSource): FastifyInstance {
  const app = Fastify({ logger: false, requestTimeout: 30_000, bodyLimit: 1024 })
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const reason = notReady()
    return reason === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()))
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'there is only /healthz, /readyz and /metrics' }),
  )
  return app
}
