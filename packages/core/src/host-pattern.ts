import type { KeyKind } from './prefix-trie.ts'

/** A host of a route, as the key of a trie over reversed host names. */
interface HostKey {
  readonly key: string
  readonly kind: KeyKind
}

/**
 * The key of a route's host, APISIX field `host`: an exact name, or one with a leading `*` for every name that ends in the
 * rest (`*.example.com`, `*`).
 */
export function hostKey(pattern: string): HostKey {
  const host = pattern.toLowerCase()
  if (host.startsWith('*')) return { key: reverse(host.slice(1)), kind: 'prefix' }
  return { key: reverse(host), kind: 'exact' }
}

/** A host name backwards: names that end alike start alike, which is what a trie finds. */
export function reverse(host: string): string {
  let reversed = ''
  for (let i = host.length - 1; i >= 0; i--) reversed += host.charAt(i)
  return reversed
}

/** The host of a `Host` header: lower case, without the port and the dot of a fully qualified name; empty where absent. */
export function normalizeHost(header: string | undefined): string {
  if (header === undefined) return ''
  const host = header.toLowerCase().replace(/:\d*$/, '')
  return host.endsWith('.') ? host.slice(0, -1) : host
}
