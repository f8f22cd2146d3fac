import type { FastifyInstance } from 'fastify'

/** A header of answers to writes: numbers of the workers that do not serve the change yet, separated by commas. */
const behindHeader = 'x-sluice-workers-behind'

/**
 * Lets the Admin API say with a write which workers do not serve it yet. Its answer is APISIX's all the same: the write is
 * durable, and those workers will serve it or be replaced.
 */
export function tellBehind(admin: FastifyInstance, behind: () => readonly number[]): void {
  admin.addHook('onSend', async ({ method }, reply) => {
    if (method === 'GET' || reply.statusCode >= 300) return
    const workers = behind()
    if (workers.length > 0) reply.header(behindHeader, workers.join(','))
  })
}
