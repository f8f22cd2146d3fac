import type { UriParams } from './match-request.ts'
import type { KeyKind } from './prefix-trie.ts'

/** A `uri` of a route, ready to be matched. */
export interface UriPattern {
  /** The part before the first `*` or `:param`: the whole uri of an exact one. */
  readonly key: string
  readonly kind: KeyKind
  /** Characters of the uri as written. */
  readonly length: number
  /** Values of the `:param` and `*rest` parts of a path; undefined where the path does not fit. */
  match(path: string): UriParams | undefined
}

const noParams: UriParams = Object.freeze({})

/**
 * Parses APISIX's `uri`: exact (`/a/b`), a prefix with a final `*` (`/a/*`, `/a*`), and segments `:name` (one segment, not
 * empty) and `*name` (anything, slashes too; `*` alone is called `ext`).
 */
export function parseUri(uri: string): UriPattern {
  const variable = uri.search(/\/[:*]|\*$/)
  if (variable < 0) return { key: uri, kind: 'exact', length: uri.length, match: () => noParams }
  const key = uri.charAt(variable) === '/' ? uri.slice(0, variable + 1) : uri.slice(0, variable)
  if (uri.length === key.length + 1 && uri.endsWith('*')) {
    return { key, kind: 'prefix', length: uri.length, match: () => noParams }
  }
  return { key, kind: 'prefix', length: uri.length, match: segmentMatcher(uri) }
}

function segmentMatcher(uri: string): (path: string) => UriParams | undefined {
  const names: string[] = []
  const source = uri.split('/').map((segment) => segmentSource(segment, names))
  const pattern = new RegExp(`^${source.join('/')}$`, 's')
  return (path) => {
    const found = pattern.exec(path)
    return found === null ? undefined : Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? '']))
  }
}

function segmentSource(segment: string, names: string[]): string {
  if (segment.startsWith(':')) {
    names.push(segment.slice(1))
    return '([^/]+)'
  }
  if (segment.startsWith('*')) {
    names.push(segment.slice(1) || 'ext')
    return '(.*)'
  }
  const open = segment.endsWith('*')
  return escapeLiteral(open ? segment.slice(0, -1) : segment) + (open ? '.*' : '')
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
