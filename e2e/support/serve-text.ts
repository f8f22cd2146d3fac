import { createServer } from 'node:http'

/** Serves one text over HTTP, on a free port of 127.0.0.1. */
export async function serveText() {
  let text = ''
  const server = createServer((_request, response) => response.end(text))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    set(to: string) {
      text = to
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
