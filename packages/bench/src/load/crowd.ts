import { GatewayConnection } from '../websocket/gateway-connection.ts'

// Of connections that are opened at once: more would overflow the queue of a server that accepts them.
const AT_ONCE = 100

/** Opens many WebSockets to one address. */
export async function openCrowd(url: string, clients: number): Promise<GatewayConnection[]> {
  const connections: GatewayConnection[] = []
  while (connections.length < clients) {
    const wave = Math.min(AT_ONCE, clients - connections.length)
    connections.push(...(await Promise.all(Array.from({ length: wave }, () => GatewayConnection.connect(url)))))
  }
  return connections
}
