import type { RawRequest } from './requests.ts'
import { Writer } from './writer.ts'

/** What a poll says of a fetch session, KIP-227. */
export interface FetchSession {
  readonly id: number
  /** -1 without a session, 0 to begin one, then one more with each request. */
  readonly epoch: number
}

/** What came of a poll. */
interface Polled {
  readonly sessionId: number
  /** Partitions that the answer names. */
  readonly partitions: number
}

export const noSession: FetchSession = { id: 0, epoch: -1 }

/**
 * Fetch, key 1, v11, at the beginnings of empty partitions, without waiting.
 *
 * @param partitions named in the request: all of them, or with a session that has begun, none
 */
export function pollRequest(topic: string, partitions: number, { id, epoch }: FetchSession): RawRequest<Polled> {
  const [replicaId, maxWaitMs, minBytes, maxBytes, isolation] = [-1, 0, 1, 1024 * 1024, 0]
  const body = new Writer().int32(replicaId).int32(maxWaitMs).int32(minBytes).int32(maxBytes).int8(isolation)
  body
    .int32(id)
    .int32(epoch)
    .int32(partitions === 0 ? 0 : 1)
  if (partitions > 0) body.string(topic).int32(partitions)
  const [leaderEpoch, offset, logStartOffset] = [-1, 0, -1]
  for (let partition = 0; partition < partitions; partition++) {
    body.int32(partition).int32(leaderEpoch).int64(offset).int64(logStartOffset).int32(maxBytes)
  }
  const [forgottenTopics, rackId] = [0, '']
  body.int32(forgottenTopics).string(rackId)
  return { apiKey: 1, version: 11, body: body.toBuffer(), read: readAnswer }
}

// As in fetchRequest, of which this reads every partition.
function readAnswer(answer: Buffer): Polled {
  const topError = answer.readInt16BE(4)
  if (topError !== 0) throw new Error(`Fetch was answered with Kafka's error code ${topError}`)
  let at = 14
  let partitions = 0
  for (let topics = answer.readInt32BE(10); topics > 0; topics--) {
    at += 2 + answer.readInt16BE(at)
    let left = answer.readInt32BE(at)
    at += 4
    for (; left > 0; left--) {
      const errorCode = answer.readInt16BE(at + 4)
      if (errorCode !== 0) throw new Error(`Fetch was answered with Kafka's error code ${errorCode}`)
      const aborted = Math.max(0, answer.readInt32BE(at + 30))
      const records = at + 34 + 16 * aborted + 4
      at = records + 4 + Math.max(0, answer.readInt32BE(records))
      partitions++
    }
  }
  return { sessionId: answer.readInt32BE(6), partitions }
}
