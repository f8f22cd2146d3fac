import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the system takes client ports (32768 on Linux): a port chosen there could be
// taken by any outgoing connection before the server binds it.
const LOWEST = 10_000
const HIGHEST = 32_000

/**
 * Ports of 127.0.0.1 that were free a moment ago, all different. Only for servers that cannot listen on port 0 or must
 * come back on the same port; another process may take one in between, so be ready to try again.
 */
export async function choosePorts(amount: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < amount) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
