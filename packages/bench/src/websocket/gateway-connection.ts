import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { BINARY, clientFrame, PONG } from './client-frame.ts'
import { FrameParser } from './frame-parser.ts'
import { type OnMessage, type WalkedAnswer, walkAnswer } from './walk-answer.ts'

// Read memory of one call into the system, as large as that of the raw client. All connections share it: what was read is
// taken before the next one reads, and ten thousand of them could not have their own.
const chunkMemory = Buffer.allocUnsafeSlow(256 * 1024)

interface Pending {
  readonly onMessage: OnMessage | undefined
  resolve(answer: WalkedAnswer): void
  reject(error: Error): void
}

/** A WebSocket to the gateway that does no more with an answer than a benchmark needs. Answers come in order. */
export class GatewayConnection {
  readonly #socket: Socket
  readonly #pending: Pending[] = []
  readonly #frames = new FrameParser({
    onMessage: (message) => this.#answered(message),
    onPing: (payload) => void this.#socket.write(clientFrame(PONG, payload)),
    onClose: (code, reason) => this.#end(new Error(`the gateway closed the WebSocket with ${code} ${reason}`)),
  })
  #upgrade: ((answer: string) => void) | undefined

  private constructor(url: URL) {
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port || 80),
      noDelay: true,
      onread: {
        buffer: chunkMemory,
        callback: (length, chunk) => this.#take(Buffer.from(chunk.buffer, chunk.byteOffset, length)),
      },
    })
  }

  /** Opens a WebSocket, a `ws:` URL, without extensions. */
  static async connect(address: string): Promise<GatewayConnection> {
    const url = new URL(address)
    const connection = new GatewayConnection(url)
    const socket = connection.#socket
    await once(socket, 'connect')
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    connection.#upgrade = resolve
    socket.on('error', (error) => connection.#end(error))
    socket.on('close', () => {
      const error = new Error('the gateway closed the connection')
      reject(error)
      connection.#end(error)
    })
    socket.write(upgradeRequest(url))
    const [status = ''] = (await promise).split('\r\n')
    if (!status.startsWith('HTTP/1.1 101')) throw new Error(`${address} answered the WebSocket upgrade with ${status}`)
    return connection
  }

  /** Sends a command and resolves with its answer; rejects with the text of an ErrorResp. */
  send(command: Uint8Array, onMessage?: OnMessage): Promise<WalkedAnswer> {
    return new Promise<WalkedAnswer>((resolve, reject) => {
      this.#pending.push({ resolve, reject, onMessage })
      this.#socket.write(clientFrame(BINARY, command))
    })
  }

  /** From now on answers stay where they are. */
  stopReading(): void {
    this.#socket.pause()
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Takes bytes read; true asks for more. */
  #take(chunk: Buffer): boolean {
    if (this.#upgrade === undefined) {
      this.#frames.push(chunk)
    } else {
      // The gateway sends no frame before it is asked, so the answer ends with what was read.
      this.#upgrade(chunk.toString('latin1'))
      this.#upgrade = undefined
    }
    return true
  }

  #answered(message: Buffer): void {
    const pending = this.#pending.shift()
    try {
      pending?.resolve(walkAnswer(message, pending.onMessage))
    } catch (error) {
      pending?.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #end(error: Error): void {
    for (const pending of this.#pending.splice(0)) pending.reject(error)
  }
}

/** RFC 6455, section 4.1. */
function upgradeRequest({ host, pathname }: URL): string {
  const key = randomBytes(16).toString('base64')
  const headers = [
    'upgrade: websocket',
    'connection: upgrade',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${key}`,
  ]
  return [`GET ${pathname} HTTP/1.1`, `host: ${host}`, ...headers, '', ''].join('\r\n')
}
