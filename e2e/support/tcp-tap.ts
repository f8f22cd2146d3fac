import { connect, createServer, type Socket } from 'node:net'

/** A port in front of another one. */
export interface TcpTap {
  readonly port: number
  /** Breaks the connections that are open. */
  breakAll(): void
  close(): Promise<void>
}

/**
 * Opens a port whose every connection gets one to a port of 127.0.0.1: when one is gone, so is the other.
 *
 * @param host to listen on
 * @param target the port that a new connection goes to
 * @param forward passes on what either end sends
 */
export async function openTcpTap(
  host: string,
  target: () => number,
  forward: (client: Socket, upstream: Socket) => void,
): Promise<TcpTap> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1')
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        peer.destroy()
      })
    }
    forward(client, upstream)
  })
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return {
    port: address.port,
    breakAll,
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
