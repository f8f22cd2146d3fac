import type { FastifyInstance } from 'fastify'

/** Closes a server; cuts the connections that are still open after `timeoutMs`. */
export type GracefulClose = (timeoutMs: number) => Promise<void>

/**
 * Prepares a Fastify server, before it listens, for a close that answers what is in flight: without `connection: close`
 * on those answers, clients that keep their connection alive would hold the close up.
 */
export function prepareGracefulClose(app: FastifyInstance): GracefulClose {
  let closing = false
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  return async (timeoutMs) => {
    closing = true
    const timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs)
    try {
      await app.close()
    } finally {
      clearTimeout(timer)
    }
  }
}
