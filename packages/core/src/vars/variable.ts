import { hostname } from 'node:os'
import type { MatchRequest, UriParams } from '../match-request.ts'

/** Reads a variable from a request; undefined where the request has none of that name. */
type Variable = (request: MatchRequest, params: UriParams) => string | undefined

const fixed = new Map<string, Variable>([
  ['uri', (request) => request.path],
  ['request_uri', (request) => `${request.path}${request.query.size > 0 ? '?' : ''}${request.query}`],
  ['args', (request) => queryString(request)],
  ['query_string', (request) => queryString(request)],
  ['is_args', (request) => (request.query.size > 0 ? '?' : '')],
  ['host', (request) => request.host],
  ['hostname', () => hostname()],
  // The data plane has plain listeners only.
  ['scheme', () => 'http'],
  ['method', (request) => request.method],
  ['request_method', (request) => request.method],
  ['remote_addr', (request) => request.remoteAddress],
  ['realip_remote_addr', (request) => request.remoteAddress],
])

const families: readonly (readonly [prefix: string, read: (name: string) => Variable])[] = [
  ['arg_', (name) => (request) => request.query.get(name) ?? undefined],
  ['cookie_', (name) => (request) => cookie(request, name)],
  ['http_', (name) => httpHeader(name)],
  ['uri_param_', (name) => (_request, params) => (Object.hasOwn(params, name) ? params[name] : undefined)],
]

/**
 * Finds the variable of a name: `arg_NAME`, `cookie_NAME`, `http_NAME`, `uri_param_NAME`, `uri`, `request_uri`, `args`,
 * `query_string`, `is_args`, `host`, `hostname`, `scheme`, `method`, `request_method`, `remote_addr` and
 * `realip_remote_addr`, as APISIX defines them. Any other name is a variable that every request lacks.
 */
export function findVariable(name: string): Variable {
  const known = fixed.get(name)
  if (known !== undefined) return known
  for (const [prefix, read] of families) {
    if (name.startsWith(prefix)) return read(name.slice(prefix.length))
  }
  return () => undefined
}

function queryString(request: MatchRequest): string | undefined {
  return request.query.size > 0 ? request.query.toString() : undefined
}

function httpHeader(name: string): Variable {
  const header = name.toLowerCase().replaceAll('_', '-')
  return (request) => {
    if (!Object.hasOwn(request.headers, header)) return undefined
    const value = request.headers[header]
    return Array.isArray(value) ? value.join(', ') : value
  }
}

function cookie(request: MatchRequest, name: string): string | undefined {
  const header = request.headers.cookie
  const text = Array.isArray(header) ? header.join(';') : header
  for (const pair of text?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}
