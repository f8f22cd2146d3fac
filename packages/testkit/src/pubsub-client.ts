import type { Scheme } from '@sluice/spi'
import { type AnswerFrame, createFrames } from './frames.ts'
import { createInbox } from './inbox.ts'
import { openSocket } from './socket.ts'

/** A client of a pub/sub scheme, in bytes on the wire and JSON in the test. @public */
export interface PubSubTestClient {
  /**
   * Sends a command, such as `{ cmd_foo_read: { offset: '0' } }` (64-bit integers as decimal texts, bytes in base64), and gives its
   * answer, an ErrorResp too. Rejects when the socket is closed before.
   */
  request(command: object): Promise<AnswerFrame>
  /** The next frame that answered no request, such as a record that was subscribed to. */
  next(): Promise<AnswerFrame>
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>
  /** Closes the socket with 1000; resolves when it is closed. */
  close(): Promise<void>
}

/**
 * Connects to a route of a pub/sub scheme.
 *
 * @throws TypeError where the scheme has no protocol, and the answer where the handshake is refused
 * @public
 */
export async function connectPubSub(
  url: string,
  { name, protocol }: Pick<Scheme, 'name' | 'protocol'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<PubSubTestClient> {
  if (protocol === undefined) throw new TypeError(`the scheme ${name} is no pub/sub scheme`)
  const frames = createFrames(protocol.descriptor)
  const socket = await openSocket(url, headers)
  const waiting = new Map<string, PromiseWithResolvers<AnswerFrame>>()
  const others = createInbox<AnswerFrame>()
  let sequence = 0

  const receive = async (): Promise<void> => {
    for (;;) {
      const received = await socket.next()
      if (!('bytes' in received)) throw new Error('a command in bytes was answered with text')
      const frame = frames.decode(received.bytes)
      const asked = waiting.get(frame.sequence)
      waiting.delete(frame.sequence)
      if (asked === undefined) others.put(frame)
      else asked.resolve(frame)
    }
  }
  void receive().catch((error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    others.end(error)
  })
  return {
    request(command) {
      const own = String(++sequence)
      const asked = Promise.withResolvers<AnswerFrame>()
      waiting.set(own, asked)
      socket.send(frames.encode({ sequence: own, ...command }))
      return asked.promise
    },
    next: () => others.take(),
    closed: socket.closed,
    close: () => socket.close(),
  }
}
