import type { Socket } from 'node:net'
import type { MessageSocket } from '@sluice/spi'
import type { RawData, WebSocket } from 'ws'
import { SlowClient } from './errors.ts'
import { frameHeadBytes, writeFrameHead } from './frame-head.ts'

/** How long a closing handshake may take before the connection is cut, in milliseconds. */
export const closeGraceMs = 5000

// Below this size one copy is cheaper than writing in pieces.
const joinBelow = 16 * 1024

// After these many unanswered pings a peer counts as gone.
const mostMissedPings = 2

/** What the socket tells its owner. */
export interface WsMessageSocketEvents {
  /** The client is cut, for it has read nothing for the time given though answers waited for it. */
  onStalled(): void
  onClosed(): void
}

/** A WebSocket as schemes see it. */
export class WsMessageSocket implements MessageSocket {
  readonly #ws: WebSocket
  readonly #socket: Socket
  /** In the order of writing, which is that of taking. */
  readonly #untaken: (() => void)[] = []
  #queuedBytes = 0
  #missedPings = 0
  #paused = false
  #closeTimer: NodeJS.Timeout | undefined
  #onClose: () => void = () => {}

  /** @param stallMs how long a client may read nothing while answers wait for it */
  constructor(ws: WebSocket, socket: Socket, stallMs: number, events: WsMessageSocketEvents) {
    this.#ws = ws
    this.#socket = socket
    ws.on('pong', () => {
      this.#missedPings = 0
    })
    ws.on('close', () => {
      clearTimeout(this.#closeTimer)
      events.onClosed()
      this.#onClose()
      for (const taken of [...this.#untaken]) taken()
    })
    // Node's idle timer also sees a write of which the client took only a part, which no callback tells.
    socket.setTimeout(stallMs)
    socket.on('timeout', () => {
      if (this.#queuedBytes === 0) return
      events.onStalled()
      const { message, place } = new SlowClient()
      this.close(place.close ?? 1013, message)
    })
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  onMessage(listener: (data: Buffer, isText: boolean) => void): void {
    this.#ws.on('message', (data, isBinary) => {
      this.#missedPings = 0
      // Whoever is being closed gets no more work done.
      if (this.#closeTimer === undefined) listener(toBuffer(data), !isBinary)
    })
  }

  onClose(listener: () => void): void {
    this.#onClose = listener
  }

  send(head: Buffer, chunks: readonly Buffer[], taken: () => void, isText = false): void {
    let bytes = head.length
    for (const chunk of chunks) bytes += chunk.length
    const done = (): void => {
      const index = this.#untaken.indexOf(done)
      if (index === -1) return
      this.#untaken.splice(index, 1)
      this.#queuedBytes -= bytes
      taken()
    }
    this.#untaken.push(done)
    this.#queuedBytes += bytes
    if (this.#ws.readyState !== this.#ws.OPEN) {
      process.nextTick(done)
      return
    }
    // Written past ws, which writes the head of a frame apart and takes no message in pieces but as fragments. It has
    // nothing of its own under way here: without compression it keeps no queue.
    if (bytes < joinBelow) {
      const frame = Buffer.allocUnsafe(frameHeadBytes(bytes) + bytes)
      let at = writeFrameHead(frame, isText, bytes)
      at += head.copy(frame, at)
      for (const chunk of chunks) at += chunk.copy(frame, at)
      this.#socket.write(frame, done)
      return
    }
    const headBytes = frameHeadBytes(bytes)
    const isWhole = chunks.length === 0
    const heads = Buffer.allocUnsafe(headBytes + (isWhole ? 0 : head.length))
    writeFrameHead(heads, isText, bytes)
    if (!isWhole) head.copy(heads, headBytes)
    const pieces = isWhole ? [head] : chunks
    const last = pieces.length - 1
    // Corked, they leave in one write.
    this.#socket.cork()
    this.#socket.write(heads)
    for (const [index, piece] of pieces.entries()) this.#socket.write(piece, index === last ? done : undefined)
    this.#socket.uncork()
  }

  pause(): void {
    // While the socket is being closed it has to see the client's close frame.
    if (this.#closeTimer !== undefined) return
    this.#paused = true
    this.#ws.pause()
  }

  resume(): void {
    this.#paused = false
    this.#missedPings = 0
    this.#ws.resume()
  }

  close(code: number, reason: string): void {
    // A close frame holds 123 bytes of text (RFC 6455, section 5.5).
    this.#ws.close(
      code,
      Buffer.from(reason)
        .subarray(0, 123)
        .toString()
        .replace(/\uFFFD$/, ''),
    )
    this.resume()
    this.#closeTimer ??= setTimeout(() => this.terminate(), closeGraceMs)
  }

  terminate(): void {
    this.#ws.terminate()
  }

  /** Pings the client, or cuts it when it has left too many pings unanswered. */
  ping(): void {
    // A ping would queue behind the answers; a client that does not read those is the stall timer's.
    if (this.#queuedBytes > 0) return
    if (this.#missedPings >= mostMissedPings) {
      this.terminate()
      return
    }
    // The pong of a client that is not read cannot be seen; writing to it still finds out when its machine is gone.
    if (!this.#paused) this.#missedPings++
    this.#ws.ping()
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
