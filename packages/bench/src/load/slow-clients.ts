import { fetchCommand } from '../websocket/commands.ts'
import { GatewayConnection } from '../websocket/gateway-connection.ts'

/** Clients that ask for much and read nothing. */
export interface SlowClientsJob {
  readonly clients: number
  /** Of each fetch. */
  readonly maxBytes: number
}

// Far more than the gateway answers before its queue for a client is full; the rest it does not even read.
const FETCHES = 100

/** Connects them and has each send 100 fetches of the topic's start; resolves with them. */
export async function openSlowClients(
  url: string,
  topic: string,
  { clients, maxBytes }: SlowClientsJob,
): Promise<GatewayConnection[]> {
  const connections: GatewayConnection[] = []
  for (let client = 0; client < clients; client++) {
    const connection = await GatewayConnection.connect(url)
    connection.stopReading()
    connections.push(connection)
  }
  for (const connection of connections) {
    for (let sequence = 1; sequence <= FETCHES; sequence++) {
      // Never answered, as far as this client sees.
      connection.send(fetchCommand(sequence, topic, 0, maxBytes)).catch(() => {})
    }
  }
  return connections
}
