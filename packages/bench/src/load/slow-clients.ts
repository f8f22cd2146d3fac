import { fetchCommand } from '../websocket/commands.ts'
import { GatewayConnection } from '../websocket/gateway-connection.ts'

/** Clients that ask for much and read nothing. */
export interface SlowClientsJob {
  readonly clients: number
  /** Of each fetch. */
  readonly maxBytes: number
  /** Offsets to begin at, from 0 on. */
  readonly starts: number
}

// Far more than the gateway answers before its queue for a client is full; the rest it does not even read.
const FETCHES = 100

// Without a common divisor with most numbers of offsets, so that few fetches are alike: equal ones would share their memory.
const [CLIENT_STRIDE, FETCH_STRIDE] = [37, 61]

/** Connects them and has each send 100 fetches, each at another offset; resolves with them. */
export async function openSlowClients(
  url: string,
  topic: string,
  { clients, maxBytes, starts }: SlowClientsJob,
): Promise<GatewayConnection[]> {
  const connections: GatewayConnection[] = []
  for (let client = 0; client < clients; client++) {
    const connection = await GatewayConnection.connect(url)
    connection.stopReading()
    connections.push(connection)
  }
  for (const [client, connection] of connections.entries()) {
    for (let sequence = 1; sequence <= FETCHES; sequence++) {
      // Never answered, as far as this client sees.
      const offset = (client * CLIENT_STRIDE + sequence * FETCH_STRIDE) % starts
      connection.send(fetchCommand(sequence, topic, offset, maxBytes)).catch(() => {})
    }
  }
  return connections
}
