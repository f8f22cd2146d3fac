import { connectLeader } from '../kafka/connect-leader.ts'
import { fetchRequest } from '../kafka/requests.ts'
import { type WalkedRecords, walkBatches } from '../kafka/walk-batches.ts'
import { fetchCommand } from '../websocket/commands.ts'
import { GatewayConnection } from '../websocket/gateway-connection.ts'

/** One way to partition 0 of a topic. */
export interface Reader {
  /** Reads from an offset on, and checks and walks what it gets. Rejects when a record is missing or wrong. */
  fetch(offset: number, maxBytes: number): Promise<WalkedRecords>
  close(): void
}

/** The baseline: straight to the broker, each checksum checked and each record walked. */
export async function openRawReader(brokers: string, topic: string, secured: boolean): Promise<Reader> {
  const connection = await connectLeader(brokers, topic, secured)
  return {
    fetch: (offset, maxBytes) =>
      connection.send(fetchRequest(topic, offset, maxBytes, (records) => walkBatches(records, offset))),
    close: () => connection.close(),
  }
}

/** Through the gateway: the messages of each answer walked, checksums checked by the gateway. */
export async function openGatewayReader(url: string, topic: string): Promise<Reader> {
  const connection = await GatewayConnection.connect(url)
  let sequence = 0
  return {
    async fetch(offset, maxBytes) {
      const { recordCount, lastOffset } = await connection.send(fetchCommand(++sequence, topic, offset, maxBytes))
      if (recordCount === 0) return { recordCount, nextOffset: offset }
      if (lastOffset !== offset + recordCount - 1) {
        throw new Error(`a fetch at ${offset} gave ${recordCount} records, the last of which has offset ${lastOffset}`)
      }
      return { recordCount, nextOffset: lastOffset + 1 }
    },
    close: () => connection.close(),
  }
}
