import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createInbox } from '@sluice/testkit'
import { WebSocket } from 'ws'
import {
  decodeResponse,
  encodeRequest,
  type KafkaFetch,
  type KafkaListOffset,
  type PubSubRequest,
  type PubSubResponse,
  type ReadMessage,
} from './pubsub-codec.ts'

/** One WebSocket message of the server: text, or bytes with what they decode to. */
export type PubSubFrame =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array; readonly response: PubSubResponse }

export interface SocketClose {
  readonly code: number
  readonly reason: string
}

export interface PubSubClient {
  /** Sends a command and returns its sequence, the next unused one unless given. Its answer comes out of `nextFrame`. */
  send(request: PubSubRequest): bigint
  /** Sends a command and resolves with the answer of the same sequence, which `nextFrame` then does not show. */
  request(request: PubSubRequest): Promise<PubSubResponse>
  /** @throws {PubSubError} when the answer is an ErrorResp */
  fetch(topic: string, partition: number, offset: bigint, extra?: KafkaFetch): Promise<readonly ReadMessage[]>
  /** @throws {PubSubError} when the answer is an ErrorResp */
  listOffset(topic: string, partition: number, timestamp: bigint, extra?: KafkaListOffset): Promise<bigint>
  ping(state: Uint8Array): Promise<Uint8Array>
  /** Sends bytes as a binary frame, a string as a text frame. */
  sendRaw(data: Uint8Array | string): void
  /** The next frame that answered no `request`. @throws {SocketClosed} when none is left and the socket has closed */
  nextFrame(): Promise<PubSubFrame>
  /** Resolves when the socket has closed, at once if it has. */
  nextClose(): Promise<SocketClose>
  /** Stops reading the socket. */
  pause(): void
  resume(): void
  /** Closes with 1000 and resolves when closed. May be called twice. */
  close(): Promise<SocketClose>
  /** Breaks the connection off without a closing handshake. */
  terminate(): void
}

export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** For `wss:`: whom to trust, PEM, and the name to ask for instead of the host of the URL. */
  readonly tls?: { readonly ca: string; readonly servername: string }
}

/** The server answered the upgrade request with something else than 101. */
export class UpgradeRefused extends Error {
  readonly code = 'TESTKIT_UPGRADE_REFUSED'
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string

  constructor(url: string, status: number, headers: IncomingHttpHeaders, body: string) {
    super(`${url} answered the WebSocket upgrade with ${status}: ${body}`)
    this.name = 'UpgradeRefused'
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** The server answered a command with an ErrorResp; `message` is its text. */
export class PubSubError extends Error {
  readonly code: number

  constructor({ code, message }: { readonly code: number; readonly message: string }) {
    super(message)
    this.name = 'PubSubError'
    this.code = code
  }
}

/** The socket closed while something was still waited for. */
export class SocketClosed extends Error {
  readonly code = 'TESTKIT_SOCKET_CLOSED'
  readonly close: SocketClose

  constructor(close: SocketClose) {
    super(`the server closed the WebSocket with ${close.code} ${close.reason}`.trimEnd())
    this.name = 'SocketClosed'
    this.close = close
  }
}

/**
 * Connects to a pub/sub route.
 *
 * @throws {UpgradeRefused} when the server does not accept the WebSocket
 */
export async function connectPubSub(url: string, { headers = {}, tls }: ConnectOptions = {}): Promise<PubSubClient> {
  const socket = new WebSocket(url, { ...tls, headers, perMessageDeflate: false, maxPayload: 512 * 1024 * 1024 })
  const client = clientOf(socket)
  const refused = new Promise<never>((_, reject) => {
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => reject(new UpgradeRefused(url, response.statusCode ?? 0, response.headers, body)))
    })
  })
  await Promise.race([once(socket, 'open'), refused])
  return client
}

function clientOf(socket: WebSocket): PubSubClient {
  const inbox = createInbox<PubSubFrame>()
  const pending = new Map<bigint, PromiseWithResolvers<PubSubResponse>>()
  const closed = Promise.withResolvers<SocketClose>()
  let lastSequence = 0n

  socket.on('message', (data, isBinary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
    if (!isBinary) return inbox.put({ kind: 'text', text: bytes.toString() })
    const response = decodeResponse(bytes)
    const waiting = pending.get(response.sequence)
    if (!waiting) return inbox.put({ kind: 'binary', bytes, response })
    pending.delete(response.sequence)
    waiting.resolve(response)
  })
  socket.on('close', (code, reason) => {
    const close = { code, reason: reason.toString() }
    const error = new SocketClosed(close)
    closed.resolve(close)
    inbox.end(error)
    for (const waiting of pending.values()) waiting.reject(error)
    pending.clear()
  })
  // What went wrong shows in `close`, or while connecting in the promise of 'open'.
  socket.on('error', () => {})

  const numbered = (request: PubSubRequest) => {
    const sequence = request.sequence ?? ++lastSequence
    return { sequence, bytes: encodeRequest({ ...request, sequence }) }
  }
  const request = (command: PubSubRequest): Promise<PubSubResponse> => {
    const { sequence, bytes } = numbered(command)
    if (pending.has(sequence)) throw new Error(`a request with sequence ${sequence} is waiting already`)
    const answer = Promise.withResolvers<PubSubResponse>()
    pending.set(sequence, answer)
    socket.send(bytes)
    return answer.promise
  }

  return {
    request,
    send(command) {
      const { sequence, bytes } = numbered(command)
      socket.send(bytes)
      return sequence
    },
    async fetch(topic, partition, offset, extra = {}) {
      const answer = succeeded(await request({ cmd_kafka_fetch: { topic, partition, offset, ...extra } }))
      return expected(answer, answer.kafka_fetch_resp).messages
    },
    async listOffset(topic, partition, timestamp, extra = {}) {
      const answer = succeeded(await request({ cmd_kafka_list_offset: { topic, partition, timestamp, ...extra } }))
      return expected(answer, answer.kafka_list_offset_resp).offset
    },
    async ping(state) {
      const answer = succeeded(await request({ cmd_ping: { state } }))
      return expected(answer, answer.pong_resp).state
    },
    sendRaw: (data) => socket.send(data),
    nextFrame: () => inbox.take(),
    nextClose: () => closed.promise,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close() {
      socket.close(1000)
      return closed.promise
    },
    terminate: () => socket.terminate(),
  }
}

function succeeded(answer: PubSubResponse): PubSubResponse {
  if (answer.error_resp) throw new PubSubError(answer.error_resp)
  return answer
}

function expected<T>(answer: PubSubResponse, part: T | undefined): T {
  if (part === undefined) throw new Error(`the server answered with another message: ${Object.keys(answer).join(', ')}`)
  return part
}
