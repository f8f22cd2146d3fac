import { once } from 'node:events'
import { createServer } from 'node:net'

/** The port if it is free on 127.0.0.1, else 0, for which the gateway takes a free one. */
export async function portOrAny(port: number): Promise<number> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return port
  } catch {
    return 0
  } finally {
    server.close()
  }
}
