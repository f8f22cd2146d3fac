import type { FastifyInstance } from 'fastify'

/**
 * Prepares a Fastify server, before it listens, for the end. The function it gives is to be called once the server takes no
 * new connection: it cuts those that wait for nothing, half-sent requests among them, when the last request in hand is
 * answered. Node would leave them alone, for a server that is closing looks for slow clients no more. Connections that
 * were upgraded are not touched.
 */
export function cutConnectionsWhenAnswered(app: FastifyInstance): () => void {
  let inHand = 0
  let ending = false
  const cutIfDone = (): void => {
    if (ending && inHand === 0) app.server.closeAllConnections()
  }
  app.addHook('onRequest', async (request, reply) => {
    // An upgrade has left the server's connections behind.
    if (request.raw.headers.upgrade !== undefined) return
    inHand++
    reply.raw.once('close', () => {
      inHand--
      cutIfDone()
    })
  })
  app.addHook('onSend', async (_request, reply) => {
    if (ending) reply.header('connection', 'close')
  })
  return () => {
    ending = true
    cutIfDone()
  }
}
