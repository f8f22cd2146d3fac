import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** A form to send. */
export interface FormRequest {
  /** `http` or `https`. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Encoded as `application/x-www-form-urlencoded`. */
  readonly body: string
  /** PEM certificates trusted instead of the system's. */
  readonly ca?: string
  /** For everything, from the name's resolution to the last byte. */
  readonly timeoutMs: number
  /** Of the answer's body. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What the server answers, whatever its status. */
export interface FormAnswer {
  readonly status: number
  readonly body: string
}

/** Sends a form over HTTP. Rejects with Node's error, with a `TimeoutError`, or with the signal's reason. */
export type PostForm = (request: FormRequest) => Promise<FormAnswer>

/**
 * Sends a form on a connection of its own. Redirects are not followed, so that credentials go nowhere else; TLS is 1.2 or
 * newer, and the server's certificate is always checked.
 */
export const postForm: PostForm = ({ url, headers, body, ca, timeoutMs, maxBytes, signal }) => {
  const { promise, resolve, reject } = Promise.withResolvers<FormAnswer>()
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const options = {
    method: 'POST',
    agent: false,
    headers: {
      ...headers,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    },
  }
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
      : requestHttp(url, options)
  const fail = (error: unknown): void => {
    reject(error)
    request.destroy()
  }
  const onLimit = (): void => fail(limit.reason)
  limit.addEventListener('abort', onLimit)
  if (limit.aborted) onLimit()
  request.on('error', reject)
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) fail(new Error(`its answer has more than ${maxBytes} bytes`))
      else chunks.push(chunk)
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
  })
  request.end(body)
  return promise.finally(() => {
    limit.removeEventListener('abort', onLimit)
    request.destroy()
  })
}
