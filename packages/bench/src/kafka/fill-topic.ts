import { connectLeader } from './connect-leader.ts'
import { type BatchShape, encodeBatch } from './encode-batch.ts'
import { produceRequest } from './requests.ts'

// Enough for the broker never to wait for us.
const IN_FLIGHT = 32

/** What was written. */
export interface FilledTopic {
  readonly recordCount: number
  /** Of all record batches, in bytes. */
  readonly bytes: number
}

/**
 * Writes batches of one shape to partition 0 until it has at least `atLeast` records.
 *
 * @param onProgress told the share done, 0 to 1, now and then
 */
export async function fillTopic(
  brokers: string,
  topic: string,
  shape: BatchShape,
  atLeast: number,
  onProgress: (share: number) => void,
): Promise<FilledTopic> {
  const connection = await connectLeader(brokers, topic)
  const batch = encodeBatch(shape, Date.now())
  const request = produceRequest(topic, batch)
  const total = Math.ceil(atLeast / shape.recordCount)
  const step = Math.ceil(total / 20)
  let sent = 0
  const sendSome = async (): Promise<void> => {
    while (sent < total) {
      if (++sent % step === 0) onProgress(sent / total)
      await connection.send(request)
    }
  }
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome))
  } finally {
    connection.close()
  }
  return { recordCount: total * shape.recordCount, bytes: total * batch.length }
}
