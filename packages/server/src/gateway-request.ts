import type { IncomingMessage } from 'node:http'
import { type MatchRequest, normalizePath } from '@sluice/core'
import { BadRequestPath } from './errors.ts'

const mappedPrefix = '::ffff:'

/**
 * A request in the one form that matching, plugins and logs share.
 *
 * @throws REQUEST_BAD_PATH
 */
export function toMatchRequest(raw: IncomingMessage): MatchRequest {
  const url = raw.url ?? '/'
  const queryStart = url.indexOf('?')
  const path = normalizePath(queryStart < 0 ? url : url.slice(0, queryStart))
  if (path === undefined) throw new BadRequestPath()
  return {
    method: raw.method ?? 'GET',
    path,
    query: new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1)),
    headers: raw.headers,
    host: hostName(raw.headers.host ?? ''),
    remoteAddress: plainAddress(raw.socket.remoteAddress ?? ''),
  }
}

/** The host of a Host header: lower case, no port, the brackets of an IPv6 address kept. */
function hostName(header: string): string {
  return header.replace(/:\d*$/, '').toLowerCase()
}

/** An IPv4 peer of a dual-stack listener comes as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
}
