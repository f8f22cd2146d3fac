import type { Socket } from 'node:net'

/**
 * Resolves when the connection has ended, by a FIN or by a RST: which of them the other side's kernel sends depends on
 * whether it had unread bytes, and `once` of node:events takes the second for a failure.
 */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {})
    socket.once('close', () => resolve())
  })
