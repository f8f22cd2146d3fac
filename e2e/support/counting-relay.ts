import { openTcpTap } from './tcp-tap.ts'

/** A port in front of a broker that counts what passes. */
export interface CountingRelay {
  /** Where it listens, `host:port`. */
  readonly address: string
  /** Requests of the Kafka protocol that went to the broker, in order, each by its API key. */
  readonly requests: readonly number[]
  /** How long each of them was, in bytes. */
  readonly requestBytes: readonly number[]
  /** Bytes that came from the broker. */
  readonly bytesFromBroker: number
  /** Breaks the connections that are open. */
  breakAll(): void
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
  let target = port
  const requests: number[] = []
  const requestBytes: number[] = []
  let bytesFromBroker = 0
  const tap = await openTcpTap(
    '127.0.0.1',
    () => target,
    (client, broker) => {
      client.pipe(broker)
      broker.pipe(client)
      const requestsIn = requestReader()
      client.on('data', (chunk: Buffer) => {
        for (const { apiKey, bytes } of requestsIn(chunk)) {
          requests.push(apiKey)
          requestBytes.push(bytes)
          onRequest(apiKey)
        }
      })
      broker.on('data', (chunk: Buffer) => {
        bytesFromBroker += chunk.length
      })
    },
  )
  return {
    address: `127.0.0.1:${tap.port}`,
    requests,
    requestBytes,
    get bytesFromBroker() {
      return bytesFromBroker
    },
    breakAll: () => tap.breakAll(),
    redirect(other) {
      target = other
      tap.breakAll()
    },
    close: () => tap.close(),
  }
}

/** Finds requests in chunks of any size: length INT32, API key INT16, and so on. */
function requestReader(): (chunk: Buffer) => { apiKey: number; bytes: number }[] {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    const found: { apiKey: number; bytes: number }[] = []
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const bytes = 4 + pending.readInt32BE(0)
      found.push({ apiKey: pending.readInt16BE(4), bytes })
      pending = pending.subarray(bytes)
    }
    return found
  }
}
