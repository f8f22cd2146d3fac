import { createServer, type ServerResponse } from 'node:http'

/** How an endpoint answers a request. */
export type Misbehaviour = (response: ServerResponse) => void

/** What an endpoint can do wrong besides answering with an error. */
export const misbehaviours = {
  pour(response) {
    const more = (): void => {
      while (response.writable && response.write('x'.repeat(16_384)));
    }
    response.on('drain', more)
    more()
  },
  keepSilent() {},
  breakOff(response) {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('{', () => response.destroy())
  },
} satisfies Readonly<Record<string, Misbehaviour>>

/** An HTTP endpoint on a free port of 127.0.0.1 that does the same to every request. */
export async function startBadEndpoint(misbehave: Misbehaviour) {
  const server = createServer((_request, response) => misbehave(response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return {
    host: `127.0.0.1:${address.port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
