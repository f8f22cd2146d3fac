import type { ServerResponse } from 'node:http'
import { startHttp } from './start-http.ts'

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
export function startBadEndpoint(misbehave: Misbehaviour) {
  return startHttp((_request, response) => misbehave(response))
}
