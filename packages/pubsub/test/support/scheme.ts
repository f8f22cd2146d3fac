import {
  createContextValues,
  type Log,
  type Metrics,
  type ResolvedUpstream,
  type SchemeEnv,
  type SessionLimits,
} from '@sluice/spi'
import { Type } from 'typebox'
import { definePubSubScheme } from '../../src/define-pubsub-scheme.ts'
import type { PubSubUpstream } from '../../src/scheme-types.ts'
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

/** A scheme over the upstream given, at work; `connect` opens one WebSocket to it. */
export function startScheme(open: () => PubSubUpstream<LogProtocol>, commandTimeoutMs = 30_000) {
  const log = memoryLog()
  const env: SchemeEnv = { dial: () => Promise.reject(new Error('no network')), log, metrics: noMetrics, limits }
  const scheme = definePubSubScheme({
    name: 'log',
    proto: logProtocol,
    options: Type.Object({}),
    commandTimeoutMs: () => commandTimeoutMs,
    example: '{"sequence":"1","cmd_ping":{}}',
    upstream: open,
  }).create(env)
  const connect = (changes: Partial<ResolvedUpstream> = {}) => {
    const socket = new MemorySocket()
    const request = {
      method: 'GET',
      path: '/',
      query: new URLSearchParams(),
      headers: {},
      host: '',
      remoteAddress: '127.0.0.1',
      params: {},
    }
    const values = createContextValues()
    const session = scheme.open(
      { request, route: { id: '1' }, upstream: { ...upstream, ...changes }, values, log },
      socket,
    )
    return { socket, session }
  }
  return { scheme, connect, log }
}
