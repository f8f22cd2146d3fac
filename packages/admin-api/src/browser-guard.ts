import { normalizeHost } from '@sluice/core'
import { HostNotAllowedError, OriginNotAllowedError } from './errors.ts'

/** What a browser is known by: headers that the page it shows cannot choose. */
export interface BrowserHeaders {
  /** The header `Host`; absent with HTTP/1.0, which no browser speaks. */
  readonly host: string | undefined
  /** The header `Origin`; sent by browsers only. */
  readonly origin: string | undefined
}

/** Keeps pages of other sites, open in the browser of an operator, away from the Admin API. */
export interface BrowserGuard {
  /** @throws HostNotAllowedError, OriginNotAllowedError */
  check(headers: BrowserHeaders): void
}

/**
 * Makes a guard against DNS rebinding and requests across sites. A page that binds its own name to the address of the gateway
 * still sends that name in `Host`; a page of another site sends its own in `Origin`.
 *
 * @param allowedHosts names and addresses, without a port, that the Admin API answers to; undefined for any
 * @param origins those of other sites whose pages may call it; `*` stands for all
 */
export function createBrowserGuard(
  allowedHosts: readonly string[] | undefined,
  origins: readonly string[],
): BrowserGuard {
  const names = allowedHosts && new Set(allowedHosts.map((name) => name.toLowerCase()))
  const isForeign = (host: string, origin: string): boolean => {
    if (origins.includes('*') || origins.includes(origin)) return false
    // Only where names are known: with a name of its own choice a foreign page would be at home.
    return names === undefined || URL.parse(origin)?.host !== host.toLowerCase()
  }
  return {
    check({ host, origin }) {
      if (host !== undefined && names !== undefined && !names.has(hostnameOf(host))) {
        throw new HostNotAllowedError(host)
      }
      if (origin !== undefined && isForeign(host ?? '', origin)) throw new OriginNotAllowedError(origin)
    },
  }
}

/** The host of a header without its port, and an IPv6 address without brackets, as it stands in settings. */
function hostnameOf(header: string): string {
  const host = normalizeHost(header)
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
