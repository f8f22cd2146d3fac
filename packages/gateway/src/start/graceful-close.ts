import { cutConnectionsWhenAnswered } from '@sluice/server'
import type { FastifyInstance } from 'fastify'

/** Closes a server; cuts the connections that are still open after `timeoutMs`. */
export type GracefulClose = (timeoutMs: number) => Promise<void>

/** Prepares a Fastify server, before it listens, for a close that answers what is in flight. */
export function prepareGracefulClose(app: FastifyInstance): GracefulClose {
  const cutWhenAnswered = cutConnectionsWhenAnswered(app)
  return async (timeoutMs) => {
    const timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs)
    try {
      const closed = app.close()
      cutWhenAnswered()
      await closed
    } finally {
      clearTimeout(timer)
    }
  }
}
