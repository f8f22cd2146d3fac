import type { Log } from '@sluice/spi'
import { isSluiceError } from '@sluice/spi'
import type { Guard, Role } from './auth.ts'
import type { Conditions } from './conditions.ts'
import { isDryRun } from './dry-run.ts'
import type { Endpoint, EndpointTools } from './endpoints/endpoint.ts'
import { findEndpoint } from './endpoints/find-endpoint.ts'
import { type Answer, answerError } from './envelope.ts'
import { TokenRefusedError } from './errors.ts'
import { parseJsonBody } from './json-body.ts'
import { type Location, locate } from './location.ts'
import { createMutex } from './mutex.ts'
import { type ReadTools, read } from './read.ts'
import { readBody } from './request-body.ts'
import { parseTarget, type Target } from './target.ts'
import { patch, post, put, remove, type WriteTools } from './write.ts'

/** A request, free of the HTTP server. */
export interface AdminRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly remoteAddress: string
  /** The header `X-API-KEY`. */
  readonly apiKey: string | string[] | undefined
  readonly conditions: Conditions
  /** The header `Prefer`. */
  readonly prefer: string | undefined
  /** The header `Content-Length`. */
  readonly contentLength: string | undefined
  readonly body: AsyncIterable<Buffer>
}

/** What answering needs. */
interface DispatchTools extends ReadTools, WriteTools, EndpointTools {
  readonly guard: Guard
  readonly log: Log
  /** Bytes of a body at most. */
  readonly bodyLimit: number
  /** Whether `OPTIONS` is answered to browsers, without a key. */
  readonly answersPreflight: boolean
}

/** A request that may go on. */
interface Admitted {
  readonly role: Role
  /** The resources it is about, or the endpoint it is for. */
  readonly place: Location | Endpoint
  readonly target: Target
}

const writes = { PUT: put, POST: post, PATCH: patch, DELETE: remove }

const versionHeader = { 'X-API-VERSION': 'v3' }
const notAPlace: Answer = { status: 404, body: '404 Not Found\n', headers: { 'Content-Type': 'text/plain' } }

/** Makes the function that answers every request, errors included. */
export function createDispatch(tools: DispatchTools): (request: AdminRequest) => Promise<Answer> {
  // One write at a time: what a write was checked against is still so when it is stored.
  const mutex = createMutex()

  async function act(request: AdminRequest, { role, place, target }: Admitted): Promise<Answer> {
    const raw = await readBody(request.body, request.contentLength, tools.bodyLimit)
    try {
      const body = parseJsonBody(raw)
      if (typeof place === 'function') {
        return place(tools, { path: target.segments.slice(1), query: target.query, body })
      }
      const method = Object.entries(writes).find(([name]) => name === request.method)?.[1]
      const { conditions } = request
      const { query } = target
      if (method === undefined) return await read(tools, { location: place, query, role, conditions })
      const isTried = isDryRun(query, request.prefer)
      const write = { location: place, query, body, conditions, isDryRun: isTried }
      const answer = await mutex.run(() => method(tools, write))
      if (isTried) return answer
      tools.log.info({ method: request.method, path: target.path, status: answer.status }, 'configuration changed')
      return answer
    } catch (error) {
      return failed(request, error, raw.toString())
    }
  }

  function failed({ method, remoteAddress }: AdminRequest, error: unknown, rawBody = ''): Answer {
    if (!isSluiceError(error) || (error.place.status ?? 500) >= 500) {
      tools.log.error({ method, err: error }, 'a request of the Admin API failed')
    } else if (error.code === TokenRefusedError.code) {
      tools.log.warn({ method, remoteAddress, reason: error.message }, 'a request of the Admin API was refused')
    }
    return answerError(error, rawBody)
  }

  return async (request) => {
    let headers = {}
    try {
      tools.guard.checkAddress(request.remoteAddress)
      const place = parseTarget(request.url)
      if (isOpen(request, place, tools.answersPreflight)) return { status: 200, body: '' }
      if (place === 'root' || place === 'outside') return notAPlace
      const role = tools.guard.authenticate(request)
      headers = versionHeader
      const found = findEndpoint(place, request.method) ?? locate(place, request.method)
      const answer = await act(request, { role, place: found, target: place })
      return { ...answer, headers: { ...headers, ...answer.headers } }
    } catch (error) {
      return { ...failed(request, error), headers }
    }
  }
}

/** Answered without a key: a probe for the API, and what browsers ask before they send one. */
function isOpen({ method }: AdminRequest, place: ReturnType<typeof parseTarget>, answersPreflight: boolean): boolean {
  return (method === 'HEAD' && place === 'root') || (method === 'OPTIONS' && place !== 'outside' && answersPreflight)
}
