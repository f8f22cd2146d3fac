import { once } from 'node:events'
import { WebSocketServer } from 'ws'

/** A bare WebSocket server on a free port, which it prints; the process ends with the one that forked it. */
export async function listenBare(): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false })
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('a server listens on a port')
  process.stdout.write(`${address.port}\n`)
  process.on('disconnect', () => process.exit())
  return server
}
