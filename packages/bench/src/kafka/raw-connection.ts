import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type RawRequest, requestFrame } from './requests.ts'

// Read memory of one call into the system; stays in a processor's cache.
const CHUNK_BYTES = 256 * 1024

/** A broker, and whether it is spoken to over TLS. */
export interface RawTarget {
  readonly host: string
  readonly port: number
  readonly secured: boolean
}

interface Pending {
  read(answer: Buffer): void
  fail(error: Error): void
}

/** As little as a connection to a broker can be: pipelined requests, memory that is used again and again. */
export class RawConnection {
  readonly #socket: Socket
  readonly #pending: Pending[] = []
  #frame = Buffer.allocUnsafeSlow(2 * 1024 * 1024)
  #filled = 0
  #correlationId = 0

  private constructor({ host, port, secured }: RawTarget) {
    const options = {
      host,
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(CHUNK_BYTES),
        callback: (length: number, chunk: Uint8Array) =>
          this.#take(Buffer.from(chunk.buffer, chunk.byteOffset, length)),
      },
    }
    // As in the gateway's route, the certificate is not looked at.
    this.#socket = secured ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options)
  }

  static async connect(target: RawTarget): Promise<RawConnection> {
    const { host, port, secured } = target
    const connection = new RawConnection(target)
    await once(connection.#socket, secured ? 'secureConnect' : 'connect')
    connection.#socket.on('error', (error) => connection.#end(error))
    connection.#socket.on('close', () => connection.#end(new Error(`broker ${host}:${port} closed the connection`)))
    return connection
  }

  /** Sends a request and resolves with what its `read` makes of the answer. */
  send<T>(request: RawRequest<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ read: (answer) => resolve(request.read(answer)), fail: reject })
      this.#socket.write(requestFrame(request, this.#correlationId++))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Takes bytes read; true asks for more. */
  #take(chunk: Buffer): boolean {
    let at = 0
    while (at < chunk.length) {
      // Without its length a frame says nothing of how much memory it needs.
      const wanted = this.#filled < 4 ? 4 : 4 + this.#frame.readInt32BE(0)
      this.#reserve(wanted)
      const taken = Math.min(wanted - this.#filled, chunk.length - at)
      chunk.copy(this.#frame, this.#filled, at, at + taken)
      at += taken
      this.#filled += taken
      if (this.#filled > 4 && this.#filled === wanted) this.#answered(wanted)
    }
    return true
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#frame.length) return
    const larger = Buffer.allocUnsafeSlow(2 * bytes)
    this.#frame.copy(larger, 0, 0, this.#filled)
    this.#frame = larger
  }

  #answered(end: number): void {
    this.#filled = 0
    const pending = this.#pending.shift()
    try {
      // After the length and the correlation id: a broker answers in order.
      pending?.read(this.#frame.subarray(8, end))
    } catch (error) {
      pending?.fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #end(error: Error): void {
    for (const pending of this.#pending.splice(0)) pending.fail(error)
  }
}
