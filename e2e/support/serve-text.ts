import { startHttp } from './start-http.ts'

/** Serves one text over HTTP, on a free port of 127.0.0.1. */
export async function serveText() {
  let text = ''
  const { host, stop } = await startHttp((_request, response) => response.end(text))
  return {
    url: `http://${host}/`,
    set(to: string) {
      text = to
    },
    stop,
  }
}
