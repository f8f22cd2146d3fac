import { setTimeout as delay } from 'node:timers/promises'
import { connectLeader } from '../kafka/connect-leader.ts'
import { type FetchSession, noSession, pollRequest } from '../kafka/poll-request.ts'

const ATTEMPTS = 100

/** Polls of the ends of many partitions, the next when the last is answered. */
export interface PollJob {
  readonly topic: string
  readonly partitions: number
  /** Whether a fetch session (KIP-227) remembers the partitions, so that a request and an answer name none. */
  readonly session: boolean
  readonly polls: number
}

/** What they took. */
export interface PollResult {
  readonly seconds: number
  /** Of this process. */
  readonly cpuSeconds: number
}

export async function measurePolls(
  brokers: string,
  { topic, partitions, session, polls }: PollJob,
): Promise<PollResult> {
  const connection = await connectLeader(brokers, topic)
  try {
    await untilLed()
    const { id } = await begin()
    const before = process.cpuUsage()
    const started = performance.now()
    for (let poll = 1; poll <= polls; poll++) {
      const request = session ? pollRequest(topic, 0, { id, epoch: poll }) : pollRequest(topic, partitions, noSession)
      const { partitions: named } = await connection.send(request)
      const expected = session ? 0 : partitions
      if (named !== expected) throw new Error(`a poll of ${partitions} partitions was answered with ${named}`)
    }
    const { user, system } = process.cpuUsage(before)
    return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 }
  } finally {
    connection.close()
  }

  /** The partitions of a new topic get their leaders one after the other. */
  async function untilLed(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await connection.send(pollRequest(topic, partitions, noSession))
        return
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        await delay(100)
      }
    }
  }

  async function begin(): Promise<FetchSession> {
    if (!session) return noSession
    const { sessionId } = await connection.send(pollRequest(topic, partitions, { id: 0, epoch: 0 }))
    if (sessionId === 0) throw new Error('the broker has no place for a fetch session')
    return { id: sessionId, epoch: 0 }
  }
}
