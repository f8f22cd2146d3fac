import { once } from 'node:events'
import { createServer } from 'node:net'
import type { ListenAddress } from '../config/listen-address.ts'

/**
 * Makes sure that nobody listens on an address: listeners that share a port take no notice of each other, so that a second
 * gateway would get half of the clients of the first. Gives the address, with a free port where that was 0.
 *
 * @throws the error of Node where the address cannot be bound
 */
export async function findFreeAddress({ host, port, ...rest }: ListenAddress): Promise<ListenAddress> {
  const server = createServer()
  server.listen({ host, port, exclusive: true })
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return { ...rest, host, port: typeof address === 'object' && address !== null ? address.port : port }
}
