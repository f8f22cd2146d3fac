import { once } from 'node:events'
import { WebSocket } from 'ws'
import { createInbox, type Inbox } from './inbox.ts'

/** What a {@link ContractSocket} receives. @public */
export type Received = { readonly text: string } | { readonly bytes: Buffer }

/** A WebSocket that keeps what it receives. @public */
export interface ContractSocket {
  /** Sends a binary frame, or a text frame of a text. */
  send(data: Buffer | string): void
  /** The next message that nobody has taken yet; rejects when the socket is closed before. */
  next(): Promise<Received>
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>
  /** False from the moment that either side closes. */
  readonly isOpen: boolean
  /** Closes with 1000; resolves when it is closed. */
  close(): Promise<void>
  /** Breaks the connection off. */
  terminate(): void
}

/**
 * Opens a WebSocket.
 *
 * @throws the answer where the handshake is refused
 * @public
 */
export async function openSocket(url: string, headers: Readonly<Record<string, string>> = {}): Promise<ContractSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false })
  const inbox: Inbox<Received> = createInbox()
  socket.on('message', (data: Buffer, isBinary) => inbox.put(isBinary ? { bytes: data } : { text: String(data) }))
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code) => {
      inbox.end(new Error(`the socket was closed with ${code}`))
      resolve(code)
    })
  })
  await once(socket, 'open')
  return {
    send: (data) => socket.send(data),
    next: () => inbox.take(),
    closed,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN
    },
    async close() {
      socket.close(1000)
      await closed
    },
    terminate: () => socket.terminate(),
  }
}
