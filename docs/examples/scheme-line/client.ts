import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'

/** What the scheme needs of a client; a test gives it a fake. */
export interface LineClient {
  send(line: string): Promise<string>
  close(): void
}

/** One connection for all clients of the gateway: opened at the first line, and again after it broke. */
export function createLineClient(dial: () => Promise<Duplex>): LineClient {
  const waiting: PromiseWithResolvers<string>[] = []
  let connection: Promise<Duplex> | undefined

  const open = async (): Promise<Duplex> => {
    const socket = await dial()
    createInterface({ input: socket }).on('line', (line) => waiting.shift()?.resolve(line))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      connection = undefined
      for (const answer of waiting.splice(0)) answer.reject(new Error('the server closed the connection'))
    })
    return socket
  }
  const connect = (): Promise<Duplex> => {
    connection ??= open().catch((error: unknown) => {
      connection = undefined
      throw error
    })
    return connection
  }

  return {
    async send(line) {
      const socket = await connect()
      const answer = Promise.withResolvers<string>()
      waiting.push(answer)
      socket.write(`${line.replaceAll('\n', ' ')}\n`)
      return answer.promise
    },
    close: () => void connection?.then((socket) => socket.destroy()),
  }
}
