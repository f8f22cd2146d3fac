import { fetchCommand, listOffsetCommand, pingCommand } from '../websocket/commands.ts'
import type { GatewayConnection } from '../websocket/gateway-connection.ts'
import { STRIDE } from './latency.ts'

/** What each client of a crowd asks, one command after the other. */
export interface CrowdRateJob {
  readonly command: 'ping' | 'list-offset' | 'fetch'
  readonly topic: string
  /** Of a topic whose batches hold one record each; what a fetch reads is one of them. */
  readonly recordCount: number
  readonly seconds: number
}

/** Answers per second that the whole crowd gets. */
export async function measureCrowdRate(crowd: readonly GatewayConnection[], job: CrowdRateJob): Promise<number> {
  const started = performance.now()
  const end = started + 1000 * job.seconds
  let answers = 0
  const ask = async (connection: GatewayConnection, client: number): Promise<void> => {
    for (let sequence = 1; performance.now() < end; sequence++) {
      const { recordCount } = await connection.send(commandOf(job, client, sequence))
      if (job.command === 'fetch' && recordCount !== 1) throw new Error(`a fetch of one record gave ${recordCount}`)
      answers++
    }
  }
  await Promise.all(crowd.map(ask))
  return answers / ((performance.now() - started) / 1000)
}

function commandOf({ command, topic, recordCount }: CrowdRateJob, client: number, sequence: number): Buffer {
  if (command === 'ping') return pingCommand(sequence)
  if (command === 'list-offset') return listOffsetCommand(sequence, topic)
  // Each client has a way of its own through the topic.
  return fetchCommand(sequence, topic, (client * 31 + sequence * STRIDE) % recordCount, 1)
}
