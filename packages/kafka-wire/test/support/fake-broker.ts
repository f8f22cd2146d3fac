import { type Duplex, duplexPair } from 'node:stream'
import { brokerName } from '../../src/broker-name.ts'
import type { Dial, DialTarget } from '../../src/dial.ts'
import { FrameReader } from '../../src/frame-reader.ts'
import { Reader } from '../../src/primitives/reader.ts'
import { Writer } from '../../src/primitives/writer.ts'
import { SlabPool } from '../../src/slab-pool.ts'

/** First version of each API with compact types. */
const FLEXIBLE_FROM: Readonly<Record<number, number>> = { 1: 12, 2: 6, 3: 9, 18: 3, 36: 2 }

export interface FakeRequest {
  readonly apiKey: number
  readonly version: number
  readonly clientId: string | null
  readonly body: Reader
  /** Answers a request that was held. */
  readonly answer: (write: (writer: Writer) => void) => void
  readonly stream: Duplex
}

/** Writes the body of the answer; 'hold' answers later, 'close' ends the connection. */
export type FakeAnswer = ((writer: Writer) => void) | 'hold' | 'close'

/** Brokers in memory: `dial` connects to the one that is registered for the address. */
export class FakeBrokers {
  readonly requests: (FakeRequest & { readonly broker: string })[] = []
  readonly dialled: DialTarget[] = []
  readonly streams = new Set<Duplex>()
  readonly #handlers = new Map<string, (request: FakeRequest) => FakeAnswer>()
  readonly #failures = new Map<string, Error>()

  serve(host: string, port: number, handler: (request: FakeRequest) => FakeAnswer): void {
    this.#handlers.set(brokerName(host, port), handler)
    this.#failures.delete(brokerName(host, port))
  }

  refuse(host: string, port: number, error: Error): void {
    this.#failures.set(brokerName(host, port), error)
  }

  readonly dial: Dial = async (target) => {
    this.dialled.push(target)
    const broker = brokerName(target.host, target.port)
    const failure = this.#failures.get(broker)
    if (failure !== undefined) throw failure
    const handler = this.#handlers.get(broker)
    if (handler === undefined) throw refused()
    const [client, server] = duplexPair()
    serveStream(server, (request) => {
      this.requests.push({ ...request, broker })
      return handler(request)
    })
    this.streams.add(client)
    client.on('close', () => {
      this.streams.delete(client)
      server.destroy()
    })
    return client
  }
}

export function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
}

/** Answers the requests of one stream. */
export function serveStream(stream: Duplex, handle: (request: FakeRequest) => FakeAnswer): void {
  const frames = new FrameReader({
    pool: new SlabPool(),
    maxFrameBytes: 1 << 20,
    onFrame: (frame) => {
      const reader = new Reader(Buffer.from(frame))
      const [apiKey, version, correlationId] = [reader.int16(), reader.int16(), reader.int32()]
      const clientId = reader.nullableString(false)
      const flexible = version >= (FLEXIBLE_FROM[apiKey] ?? 100)
      if (flexible) reader.taggedFields()
      const answer = (write: (writer: Writer) => void): void => {
        const writer = new Writer().int32(0).int32(correlationId)
        if (apiKey !== 18) writer.noTaggedFields(flexible)
        write(writer)
        writer.patchInt32(writer.toBuffer().length - 4, 0)
        if (!stream.destroyed) stream.write(writer.toBuffer())
      }
      const result = handle({ apiKey, version, clientId, body: reader, answer, stream })
      if (result === 'close') stream.end()
      else if (result !== 'hold') answer(result)
    },
  })
  stream.on('data', (chunk: Buffer) => frames.push(chunk))
  stream.on('error', () => {})
}
