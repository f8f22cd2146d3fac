import { type ConfigEntry, isJsonObject, type Json, type JsonObject, upstreamType } from '@sluice/core'
import type { NodeTest, TestStep } from '@sluice/spi'
import { configurationOf } from '../drafts.ts'
import type { Answer } from '../envelope.ts'
import { KeyNotFoundError, NotFoundError, RequestInvalidError } from '../errors.ts'
import { checkReferences } from '../references.ts'
import { refuseTimes } from '../times.ts'
import { routeOf, type TestBounds } from '../upstream-tester.ts'
import type { Endpoint, EndpointTools } from './endpoint.ts'

/**
 * POST `/upstreams/test`: tries the upstream of the body, which is checked as for a PUT. Stores nothing.
 *
 * @throws RequestInvalidError, ReferenceMissingError, ConfigInvalidError, UpstreamNotTestableError
 */
export const testGivenUpstream: Endpoint = async (tools, { body, query }) => {
  const { store, validator, secrets } = tools
  const bounds = boundsOf(query)
  const given = configurationOf(body)
  refuseTimes(given)
  const value = secrets.restoreMasked(upstreamType, given, undefined)
  validator.checkFields(upstreamType, value)
  await checkReferences(store, upstreamType, value)
  validator.checkBehaviour(upstreamType, value)
  return answerOf(tools, routeOf(value), bounds)
}

/** POST `/upstreams/{id}/test`: tries a stored upstream. @throws KeyNotFoundError, RequestInvalidError, UpstreamNotTestableError */
export const testStoredUpstream: Endpoint = async (tools, { path: [id = ''], query, body }) => {
  refuseBody(body)
  const bounds = boundsOf(query)
  const { value } = await stored(tools, `/upstreams/${id}`)
  return answerOf(tools, routeOf(value), bounds)
}

/** POST `/routes/{id}/test`: tries the upstream of a stored route. @throws as {@link testStoredUpstream} */
export const testRoute: Endpoint = async (tools, { path: [id = ''], query, body }) => {
  refuseBody(body)
  const bounds = boundsOf(query)
  return answerOf(tools, await stored(tools, `/routes/${id}`), bounds)
}

const defaultTimeoutMs = 5000
const shortestTimeoutMs = 100
const longestTimeoutMs = 30_000

function boundsOf(query: URLSearchParams): TestBounds {
  const text = query.get('timeout_ms')
  const timeoutMs = text === null ? defaultTimeoutMs : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(timeoutMs >= shortestTimeoutMs && timeoutMs <= longestTimeoutMs)) {
    throw new RequestInvalidError(`timeout_ms must be between ${shortestTimeoutMs} and ${longestTimeoutMs}`)
  }
  const topic = query.get('topic') ?? undefined
  if (topic === '') throw new RequestInvalidError('topic must not be empty: name one, or leave the parameter out')
  return { topic, timeoutMs }
}

/** A body would be an upstream that the sender thinks is tried. */
function refuseBody(body: Json | undefined): void {
  if (body === undefined || (isJsonObject(body) && Object.keys(body).length === 0)) return
  throw new RequestInvalidError('a stored upstream is tested as it is stored: send no body')
}

async function stored({ store }: EndpointTools, key: string): Promise<ConfigEntry> {
  const entry = await store.get(key)
  if (entry === undefined) throw new KeyNotFoundError()
  return entry
}

async function answerOf(
  { store, testUpstream }: EndpointTools,
  route: ConfigEntry,
  bounds: TestBounds,
): Promise<Answer> {
  if (testUpstream === undefined) throw new NotFoundError()
  const { scheme, nodes } = await testUpstream(store, route, bounds)
  const shown = nodes.map(shownNode)
  return { status: 200, body: { scheme, ok: shown.every(({ ok }) => ok), nodes: shown } }
}

function shownNode({ node, steps }: NodeTest) {
  const ms = steps.reduce((sum, step) => sum + step.ms, 0)
  const ok = steps.every(({ error }) => error === undefined)
  return { node, ok, duration_ms: rounded(ms), steps: steps.map(shownStep) }
}

function shownStep({ step, ms, error, facts }: TestStep): JsonObject {
  return { step, ok: error === undefined, duration_ms: rounded(ms), ...facts, ...(error && { error }) }
}

/** To tenths of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
