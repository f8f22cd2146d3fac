import { listOffsetCommand, pingCommand } from '../websocket/commands.ts'
import { GatewayConnection } from '../websocket/gateway-connection.ts'

/** Small commands of one client. */
export interface CommandRateJob {
  readonly command: 'ping' | 'list-offset'
  readonly topic: string
  readonly requests: number
}

// As many as the gateway runs at once for one client, by default.
const IN_FLIGHT = 16

/** Answers per second when the client always has 16 commands under way. */
export async function measureCommandRate(url: string, { command, topic, requests }: CommandRateJob): Promise<number> {
  const connection = await GatewayConnection.connect(url)
  let sent = 0
  const sendSome = async (): Promise<void> => {
    while (sent < requests) {
      sent++
      await connection.send(command === 'ping' ? pingCommand(sent) : listOffsetCommand(sent, topic))
    }
  }
  try {
    const started = performance.now()
    await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome))
    return requests / ((performance.now() - started) / 1000)
  } finally {
    connection.close()
  }
}
