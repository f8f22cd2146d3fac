import { type ForkedServer, forkServer } from '../fork-server.ts'

/**
 * Starts the least that a gateway in Node can be: the same WebSocket library, one connection to the broker, no check, no
 * route, no decoding beyond the offset. What it costs is the cost of the way through a third process.
 *
 * @throws {Error} when it ends before it listens
 */
export const startRelay = (brokers: string, topic: string): Promise<ForkedServer> =>
  forkServer(new URL('relay-main.ts', import.meta.url), [brokers, topic])
