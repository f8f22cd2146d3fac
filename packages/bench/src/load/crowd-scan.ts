import { fetchCommand } from '../websocket/commands.ts'
import type { GatewayConnection } from '../websocket/gateway-connection.ts'
import type { ScanJob, ScanResult } from './scan.ts'

/** Where one client of a crowd reads. */
export interface Region {
  readonly start: number
  readonly end: number
}

/** Cuts a topic into as many parts as there are clients. */
export function regionsOf(recordCount: number, clients: number): Region[] {
  const edge = (client: number): number => Math.floor((client * recordCount) / clients)
  return Array.from({ length: clients }, (_, client) => ({ start: edge(client), end: edge(client + 1) }))
}

/**
 * Has each client read its own part of a topic, again and again until the time is over; a record read beyond the part counts
 * as well, for it was delivered.
 */
export async function scanWithCrowd(
  crowd: readonly GatewayConnection[],
  topic: string,
  { recordCount, maxBytes, seconds }: ScanJob,
): Promise<ScanResult> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const regions = regionsOf(recordCount, crowd.length)
  let records = 0
  const read = async (connection: GatewayConnection, { start, end }: Region): Promise<void> => {
    let offset = start
    for (let sequence = 1; performance.now() - started < 1000 * seconds; sequence++) {
      const answer = await connection.send(fetchCommand(sequence, topic, offset, maxBytes))
      if (answer.lastOffset !== offset + answer.recordCount - 1 || answer.recordCount === 0) {
        throw new Error(`a fetch at ${offset} gave ${answer.recordCount} records up to ${answer.lastOffset}`)
      }
      records += answer.recordCount
      offset = answer.lastOffset + 1 < end ? answer.lastOffset + 1 : start
    }
  }
  await Promise.all(regions.map((region, client) => read(crowd[client] ?? missing(client), region)))
  const { user, system } = process.cpuUsage(cpu)
  return { records, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function missing(client: number): never {
  throw new RangeError(`there is no client ${client}`)
}
