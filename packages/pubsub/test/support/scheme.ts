import {
  createContextValues,
  type GatewayRequest,
  type Log,
  type Metrics,
  type NamedHooks,
  type ResolvedUpstream,
  type SchemeEnv,
  type SessionLimits,
} from '@sluice/spi'
import { Type } from 'typebox'
import { definePubSubScheme } from '../../src/define-pubsub-scheme.ts'
import type { PubSubUpstream, UpstreamEnv } from '../../src/scheme-types.ts'
import { MemorySocket } from './memory-socket.ts'
import { type LogProtocol, logProtocol } from './proto.ts'

const noMetric = { add: () => {}, observe: () => {} }

const noMetrics: Metrics = { counter: () => noMetric, gauge: () => noMetric, histogram: () => noMetric }

/** A log that keeps what it is told. */
function memoryLog(): Log & { readonly lines: { readonly level: string; readonly message: string }[] } {
  const lines: { level: string; message: string }[] = []
  const keep = (level: string) => (_fields: object, message: string) => {
    lines.push({ level, message })
  }
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

export const limits: SessionLimits = { commandsInFlight: 4, outputQueueBytes: 100_000, stallMs: 1000 }

const upstream: ResolvedUpstream = {
  scheme: 'log',
  nodes: [{ host: 'a', port: 1, weight: 1 }],
  timeouts: {},
  options: {},
}

/** Dials nothing, and says for which nodes. */
const dialFor: SchemeEnv['dialFor'] =
  ({ nodes }) =>
  ({ host }) =>
    Promise.reject(new Error(`no network to ${host} for ${nodes.map((node) => node.host).join()}`))

/** A scheme over the upstream given, at work; `connect` opens one WebSocket to it. */
export function startScheme(open: (env: UpstreamEnv) => PubSubUpstream<LogProtocol>, commandTimeoutMs = 30_000) {
  const log = memoryLog()
  const env: SchemeEnv = { dialFor, log, metrics: noMetrics, limits }
  const scheme = definePubSubScheme({
    name: 'log',
    proto: logProtocol,
    options: Type.Object({}),
    records: { read_resp: 'entries' },
    commandTimeoutMs: () => commandTimeoutMs,
    example: '{"sequence":"1","cmd_ping":{}}',
    upstream: ({ env }) => open(env),
  }).create(env)
  const connect = (changes: Partial<ResolvedUpstream> = {}, query = '', hooks: readonly NamedHooks[] = []) => {
    const socket = new MemorySocket()
    const values = createContextValues()
    const session = scheme.open(
      { request: requestWith(query), route: { id: '1' }, upstream: { ...upstream, ...changes }, values, hooks, log },
      socket,
    )
    return { socket, session }
  }
  const check = (query: string): void => scheme.check?.(requestWith(query))
  return { scheme, connect, check, log }
}

function requestWith(query: string): GatewayRequest {
  return {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(query),
    headers: {},
    host: '',
    remoteAddress: '127.0.0.1',
    params: {},
  }
}
