import { setTimeout as delay } from 'node:timers/promises'
import { connectPubSub, type PubSubClient, SocketClosed } from '@sluice/harness'
import type { Random } from './fuzz/random.ts'
import type { CheckedCommand } from './random-commands.ts'

/** What became of the commands of one client. */
export interface LoadResult {
  readonly answered: number
  /** Commands whose socket was gone before their answer. */
  readonly cut: number
  /** Sockets that the gateway closed. */
  readonly closedByGateway: number
  readonly longestMs: number
}

// As many as the gateway runs at once for one socket, so that each is on its way as soon as it is sent.
const burst = 16
const longestPauseMs = 500

/**
 * Sends commands in bursts and matches the answers: throws where one comes twice, unasked or is wrong. Now and then it breaks
 * its socket off in the middle and goes on with a new one.
 */
export async function runCommandLoad(
  url: string,
  amount: number,
  make: (random: Random) => CheckedCommand,
  random: Random,
): Promise<LoadResult> {
  let [answered, cut, closedByGateway, longestMs] = [0, 0, 0, 0]
  let client: PubSubClient | undefined
  for (let left = amount; left > 0; ) {
    const socket: PubSubClient = client ?? (await connectPubSub(url))
    client = socket
    const commands = Array.from({ length: Math.min(burst, left) }, () => make(random))
    left -= commands.length
    const pending = new Map(commands.map((command) => [socket.send(command.request), command]))
    const sentAt = performance.now()
    const breaksOff = random.below(40) === 0
    if (breaksOff) setTimeout(() => socket.terminate(), random.below(20))
    try {
      while (pending.size > 0) {
        const frame = await socket.nextFrame()
        if (frame.kind !== 'binary') throw new Error(`a text frame answers no command: ${frame.text}`)
        const command = pending.get(frame.response.sequence)
        if (!command) throw new Error(`sequence ${frame.response.sequence} was answered already, or never asked`)
        pending.delete(frame.response.sequence)
        longestMs = Math.max(longestMs, performance.now() - sentAt)
        command.check(frame.response)
        answered++
      }
    } catch (error) {
      if (!(error instanceof SocketClosed)) throw error
      if (!breaksOff) closedByGateway++
      cut += pending.size
    }
    if (breaksOff) {
      socket.terminate()
      client = undefined
    }
    await delay(random.below(longestPauseMs))
  }
  await client?.ping(Buffer.from('the last'))
  await client?.close()
  return { answered, cut, closedByGateway, longestMs }
}
