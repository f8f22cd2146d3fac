import type { IncomingMessage } from 'node:http'
import { type MatchRequest, normalizePath } from '@sluice/core'
import { AmbiguousHost, BadRequestPath } from './errors.ts'

const mappedPrefix = '::ffff:'

/**
 * A request in the one form that matching, plugins and logs share.
 *
 * @throws REQUEST_BAD_PATH, REQUEST_AMBIGUOUS_HOST
 */
export function toMatchRequest(raw: IncomingMessage): MatchRequest {
  if (raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) {
    throw new AmbiguousHost()
  }
  const { authority, target: url } = splitTarget(raw.url ?? '/')
  const queryStart = url.indexOf('?')
  const path = normalizePath(queryStart < 0 ? url : url.slice(0, queryStart))
  if (path === undefined) throw new BadRequestPath()
  return {
    method: raw.method ?? 'GET',
    path,
    query: new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1)),
    headers: raw.headers,
    host: hostName(authority ?? raw.headers.host ?? ''),
    remoteAddress: plainAddress(raw.socket.remoteAddress ?? ''),
  }
}

/** A request target in absolute form, as for a proxy, names the host itself (RFC 9112, section 3.2.2). */
function splitTarget(url: string): { readonly authority?: string; readonly target: string } {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(url)
  if (absolute === null) return { target: url }
  const [, authority = '', rest = ''] = absolute
  return { authority, target: rest.startsWith('/') ? rest : `/${rest}` }
}

/** The host of a Host header: lower case, no port, no dot at its end, the brackets of an IPv6 address kept. */
function hostName(header: string): string {
  return header.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
}

/** An IPv4 peer of a dual-stack listener comes as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
}
