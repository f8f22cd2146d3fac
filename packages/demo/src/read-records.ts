import { connectPubSub, type ReadMessage } from '@sluice/harness'

const endOfLog = -1n
const startOfLog = -2n
const deadlineMs = 30_000

/** Reads the last records of partition 0 through the gateway, as any WebSocket client would. */
export async function readLastRecords(url: string, topic: string, atMost: number): Promise<readonly ReadMessage[]> {
  const client = await connectPubSub(url)
  const timer = setTimeout(() => client.terminate(), deadlineMs)
  try {
    const start = await client.listOffset(topic, 0, startOfLog)
    const end = await client.listOffset(topic, 0, endOfLog)
    const from = end - BigInt(atMost)
    let next = from > start ? from : start
    const records: ReadMessage[] = []
    while (next < end) {
      const messages = await client.fetch(topic, 0, next)
      const last = messages.at(-1)
      // What is left before the end are markers of transactions.
      if (last === undefined) break
      records.push(...messages)
      next = last.offset + 1n
    }
    await client.close()
    return records
  } finally {
    clearTimeout(timer)
  }
}
