import { connectLeader } from '../kafka/connect-leader.ts'
import { listOffsetRequest } from '../kafka/requests.ts'

/** ListOffsets requests straight to the broker, the next when the last is answered: answers per second. */
export async function measureRawListOffsets(brokers: string, topic: string, seconds: number): Promise<number> {
  const connection = await connectLeader(brokers, topic)
  try {
    const started = performance.now()
    const request = listOffsetRequest(topic)
    let answers = 0
    while (performance.now() - started < 1000 * seconds) {
      await connection.send(request)
      answers++
    }
    return answers / ((performance.now() - started) / 1000)
  } finally {
    connection.close()
  }
}
