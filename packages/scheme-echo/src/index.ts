import { buffer } from 'node:stream/consumers'
import { defineRequestScheme, type HttpExchange } from '@sluice/spi'
import { EchoBodyTooLong } from './errors.ts'
import { EchoOptions } from './options.ts'

/** Answers each request with what it was, as JSON: shows what plugins, routes and proxies in front make of a request. */
export default defineRequestScheme({
  name: 'echo',
  options: EchoOptions,
  create: () => ({
    async respond(exchange, { headers, max_body_bytes, status }) {
      const text = JSON.stringify(await describe(exchange, max_body_bytes), undefined, 2)
      return { status, headers: { 'content-type': 'application/json', ...headers }, body: `${text}\n` }
    },
  }),
})

async function describe({ body, consumer, request, route }: HttpExchange, maxBytes: number): Promise<object> {
  const { headers, host, method, params, path, query, remoteAddress } = request
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new EchoBodyTooLong(maxBytes)
  return {
    method,
    path,
    query: [...query],
    params,
    host,
    remote_address: remoteAddress,
    headers,
    route,
    ...(consumer && { consumer }),
    body: String(await buffer(limited(body, maxBytes))),
  }
}

/** Chunked bodies do not say how long they are. */
async function* limited(body: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let left = maxBytes
  for await (const chunk of body) {
    left -= chunk.length
    if (left < 0) throw new EchoBodyTooLong(maxBytes)
    yield chunk
  }
}
