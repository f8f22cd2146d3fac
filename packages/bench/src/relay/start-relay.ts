import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that passes single records on from Kafka to a WebSocket. */
export interface Relay {
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts the least that a gateway in Node can be: the same WebSocket library, one connection to the broker, no check, no
 * route, no decoding beyond the offset. What it costs is the cost of the way through a third process.
 *
 * @throws {Error} when it ends before it listens
 */
export async function startRelay(brokers: string, topic: string): Promise<Relay> {
  const main = fileURLToPath(new URL('relay-main.ts', import.meta.url))
  const child = fork(main, [brokers, topic], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  if (child.stdout === null) throw new Error('the relay has no standard output')
  const gone = exited.then(() => {
    throw new Error('the relay ended before it listened')
  })
  const [port] = await Promise.race([once(child.stdout, 'data'), gone])
  return {
    url: `ws://127.0.0.1:${String(port).trim()}/`,
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
