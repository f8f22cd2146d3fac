import { randomUUID } from 'node:crypto'
import { createMutex } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { isSluiceError } from '@sluice/spi'
import type { AuditedRequest } from './audit/audit-log.ts'
import { auditStore } from './audit/audited-store.ts'
import type { Guard } from './auth.ts'
import type { BrowserGuard, BrowserHeaders } from './browser-guard.ts'
import type { Conditions } from './conditions.ts'
import { isDryRun } from './dry-run.ts'
import type { EndpointDefinition, EndpointTools } from './endpoints/endpoint.ts'
import { findEndpoint } from './endpoints/find-endpoint.ts'
import { type Answer, answerError } from './envelope.ts'
import { NotGrantedError } from './errors.ts'
import { parseJsonBody } from './json-body.ts'
import { type KeyHolder, mayAccess, mayPost } from './keys/grant.ts'
import { type Location, locate } from './location.ts'
import { type ReadTools, read } from './read.ts'
import { readBody } from './request-body.ts'
import { parseTarget, type Target } from './target.ts'
import { patch, post, put, remove, type WriteTools } from './write.ts'

/** A request, free of the HTTP server. */
export interface AdminRequest extends BrowserHeaders {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly remoteAddress: string
  /** The header `X-API-KEY`. */
  readonly apiKey: string | string[] | undefined
  readonly conditions: Conditions
  /** The header `Prefer`. */
  readonly prefer: string | undefined
  /** The header `X-Digest`. */
  readonly digest: string | undefined
  /** The header `Content-Length`. */
  readonly contentLength: string | undefined
  readonly body: AsyncIterable<Buffer>
}

/** What answering needs. */
interface DispatchTools extends ReadTools, WriteTools, EndpointTools {
  readonly guard: Guard
  readonly browsers: BrowserGuard
  readonly log: Log
  /** Bytes of a body at most. */
  readonly bodyLimit: number
  /** Whether `OPTIONS` is answered to browsers, without a key. */
  readonly answersPreflight: boolean
}

/** A request that may go on. */
interface Admitted {
  readonly holder: KeyHolder
  /** The resources it is about, or the endpoint it is for. */
  readonly place: Location | EndpointDefinition
  readonly target: Target
}

const writes = { PUT: put, POST: post, PATCH: patch, DELETE: remove }

const versionHeader = { 'X-API-VERSION': 'v3' }
const notAPlace: Answer = { status: 404, body: '404 Not Found\n', headers: { 'Content-Type': 'text/plain' } }

/** Makes the function that answers every request, errors included. */
export function createDispatch(tools: DispatchTools): (request: AdminRequest) => Promise<Answer> {
  // One write at a time: what a write was checked against is still so when it is stored.
  const mutex = createMutex()

  async function act(request: AdminRequest, { holder, place, target }: Admitted): Promise<Answer> {
    const subject = subjectOf(request, target, holder)
    const isAudited = 'run' in place ? place.writes === true : request.method !== 'GET'
    let raw: Buffer = Buffer.alloc(0)
    let isTried = false
    let revision: number | undefined
    const answered = async (answer: Answer): Promise<Answer> => {
      if (isAudited) await tell(subject, answer.status, { revision, isTried })
      return answer
    }
    const change = async (run: (tools: DispatchTools) => Answer | Promise<Answer>): Promise<Answer> => {
      const store = tools.audit && auditStore(tools.store, tools.audit, subject, tools.now)
      const answer = await mutex
        .run(async () => run(store === undefined ? tools : { ...tools, store }))
        .finally(() => {
          revision = store?.revision()
        })
      if (!isTried && answer.status < 300 && answer.status !== 204) {
        tools.log.info({ method: request.method, path: target.path, status: answer.status }, 'configuration changed')
      }
      return answered(answer)
    }
    try {
      // To read a large one takes the whole process a while, which is for those who may change everything.
      const ownLimit = 'run' in place && holder.role === 'admin' ? place.bodyLimit : undefined
      raw = await readBody(request.body, request.contentLength, ownLimit ?? tools.bodyLimit)
      const body = parseJsonBody(raw)
      const { conditions, digest } = request
      const { query } = target
      if ('run' in place) {
        isTried = place.writes === true && isDryRun(query, request.prefer)
        const call = { path: target.segments.slice(1), query, body, holder, conditions, digest, isDryRun: isTried }
        return place.writes ? await change((audited) => place.run(audited, call)) : await place.run(tools, call)
      }
      const method = Object.entries(writes).find(([name]) => name === request.method)?.[1]
      if (method === undefined) return await read(tools, { location: place, query, holder, conditions })
      isTried = isDryRun(query, request.prefer)
      const write = { location: place, query, body, conditions, isDryRun: isTried }
      return await change((audited) => method(audited, write))
    } catch (error) {
      return answered(failed(request, error, raw.toString()))
    }
  }

  /** What became of a request. A change has its intent in the audit log already: this line may be missing, the answer not. */
  async function tell(
    subject: AuditedRequest,
    status: number,
    { revision, isTried = false }: { readonly revision?: number | undefined; readonly isTried?: boolean } = {},
  ): Promise<void> {
    const time = new Date(tools.now()).toISOString()
    const more = { ...(revision !== undefined && { revision }), ...(isTried && { dry_run: true as const }) }
    try {
      await tools.audit?.log.append({ time, ...subject, stage: 'result', status, ...more })
    } catch (error) {
      tools.log.error({ request: subject.request, err: error }, 'the result of a request is not in the audit log')
    }
  }

  function failed({ method, remoteAddress }: AdminRequest, error: unknown, rawBody = ''): Answer {
    const status = isSluiceError(error) ? (error.place.status ?? 500) : 500
    if (!isSluiceError(error) || status >= 500) {
      tools.log.error({ method, err: error }, 'a request of the Admin API failed')
    } else if (status === 401 || status === 403) {
      tools.log.warn({ method, remoteAddress, reason: error.message }, 'a request of the Admin API was refused')
    }
    const answer = answerError(error, rawBody)
    return isSluiceError(error) && error.headers ? { ...answer, headers: error.headers } : answer
  }

  return async (request) => {
    let headers = {}
    let target: Target | undefined
    let holder: KeyHolder | undefined
    try {
      tools.guard.checkAddress(request.remoteAddress)
      tools.browsers.check(request)
      const place = parseTarget(request.url)
      if (isOpen(request, place, tools.answersPreflight)) return { status: 200, body: '' }
      if (place === 'root' || place === 'outside') return notAPlace
      target = place
      holder = tools.guard.authenticate(request)
      headers = versionHeader
      const found = findEndpoint(place, request.method, tools) ?? locate(place, request.method)
      checkGranted(holder, request.method, found, place)
      const answer = await act(request, { holder, place: found, target: place })
      return { ...answer, headers: { ...headers, ...answer.headers } }
    } catch (error) {
      const answer = failed(request, error)
      // Without a key everyone could fill the disk; wrong ones are limited to a few a minute.
      const isRefusedKey = answer.status === 401 && request.apiKey !== undefined && request.apiKey !== ''
      if (target !== undefined && request.method !== 'GET' && (isRefusedKey || holder !== undefined)) {
        await tell(subjectOf(request, target, holder), answer.status)
      }
      return { ...answer, headers: { ...headers, ...answer.headers } }
    }
  }
}

/** @throws NotGrantedError */
function checkGranted(holder: KeyHolder, method: string, place: Location | EndpointDefinition, target: Target): void {
  const isGranted = 'run' in place ? mayCall(holder, place, target) : mayAccess(holder, method, place)
  if (!isGranted) throw new NotGrantedError(holder.name, method, target.path)
}

function mayCall(
  holder: KeyHolder,
  { asWriteOf, writes, showsAll }: EndpointDefinition,
  { segments }: Target,
): boolean {
  if (holder.role === 'admin') return true
  if (asWriteOf !== undefined) return mayPost(holder, asWriteOf, segments.length > 2 ? segments[1] : undefined)
  return !(writes || (showsAll && holder.role === 'restricted'))
}

function subjectOf(
  { method, remoteAddress: address }: AdminRequest,
  { path }: Target,
  holder?: KeyHolder,
): AuditedRequest {
  const who = holder && { key_name: holder.name, role: holder.role }
  return { request: randomUUID(), ...who, address, method, path }
}

/** Answered without a key: a probe for the API, and what browsers ask before they send one. */
function isOpen({ method }: AdminRequest, place: ReturnType<typeof parseTarget>, answersPreflight: boolean): boolean {
  return (method === 'HEAD' && place === 'root') || (method === 'OPTIONS' && place !== 'outside' && answersPreflight)
}
