import { connect, createServer, type Server, type Socket } from 'node:net'

/** A port in front of a broker that counts what passes. */
export interface CountingRelay {
  /** Where it listens, `host:port`. */
  readonly address: string
  /** Requests of the Kafka protocol that went to the broker, in order, each by its API key. */
  readonly requests: readonly number[]
  /** Bytes that came from the broker. */
  readonly bytesFromBroker: number
  /** Has new connections go to another port of 127.0.0.1, and breaks those that are open. */
  redirect(port: number): void
  close(): Promise<void>
}

/**
 * Opens a relay to a port of 127.0.0.1.
 *
 * @param onRequest called with the API key of each request that goes to the broker
 */
export async function openCountingRelay(
  port: number,
  onRequest: (apiKey: number) => void = () => {},
): Promise<CountingRelay> {
  const sockets = new Set<Socket>()
  let target = port
  const requests: number[] = []
  let bytesFromBroker = 0
  const server = createServer((client) => {
    const broker = connect(target, '127.0.0.1')
    for (const [socket, peer] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        peer.destroy()
      })
      socket.pipe(peer)
    }
    const keys = apiKeys()
    client.on('data', (chunk: Buffer) => {
      for (const apiKey of keys(chunk)) {
        requests.push(apiKey)
        onRequest(apiKey)
      }
    })
    broker.on('data', (chunk: Buffer) => {
      bytesFromBroker += chunk.length
    })
  })
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `127.0.0.1:${await listen(server)}`,
    requests,
    get bytesFromBroker() {
      return bytesFromBroker
    },
    redirect(other) {
      target = other
      breakAll()
    },
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Finds requests in chunks of any size: length INT32, API key INT16, and so on. */
function apiKeys(): (chunk: Buffer) => number[] {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    const keys: number[] = []
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      keys.push(pending.readInt16BE(4))
      pending = pending.subarray(4 + pending.readInt32BE(0))
    }
    return keys
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
