import { setTimeout as sleep } from 'node:timers/promises'
import { RawConnection } from './raw-connection.ts'
import { leaderRequest } from './requests.ts'

const ATTEMPTS = 50

/**
 * Connects to the leader of a topic's only partition.
 *
 * @param brokers `host:port[,host:port]`, the first of which is asked who that is
 * @param secured whether they are spoken to over TLS
 */
export async function connectLeader(brokers: string, topic: string, secured = false): Promise<RawConnection> {
  const [first = ''] = brokers.split(',')
  const colon = first.lastIndexOf(':')
  const connection = await RawConnection.connect({
    host: first.slice(0, colon),
    port: Number(first.slice(colon + 1)),
    secured,
  })
  try {
    for (let attempt = 1; ; attempt++) {
      const leader = await connection.send(leaderRequest(topic))
      if (leader !== undefined) return await RawConnection.connect({ ...leader, secured })
      if (attempt === ATTEMPTS) throw new Error(`topic ${topic} has no leader`)
      await sleep(100)
    }
  } finally {
    connection.close()
  }
}
