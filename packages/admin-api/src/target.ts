import { normalizePath } from '@sluice/core'
import { PathInvalidError } from './errors.ts'

const root = '/apisix/admin'

/** What a request is about. */
export interface Target {
  /** In its normal form, without the query. */
  readonly path: string
  /** After `/apisix/admin/`, e.g. `['routes', '1']`; a slash at the end makes none. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
}

/** A place of the Admin API, or why the path is none: outside of it, or its root. */
export type Place = 'outside' | 'root' | Target

/**
 * Takes the target of a request apart. The path is brought to one normal form first, so that no other spelling of it passes
 * by a check; a slash at the end does not count.
 *
 * @throws PathInvalidError
 */
export function parseTarget(url: string): Place {
  const queryAt = url.indexOf('?')
  const path = normalizePath(queryAt < 0 ? url : url.slice(0, queryAt))
  if (path === undefined) throw new PathInvalidError()
  if (path === root) return 'root'
  if (!path.startsWith(`${root}/`)) return 'outside'
  const segments = path.slice(root.length + 1).split('/')
  return {
    path,
    segments: segments.at(-1) === '' ? segments.slice(0, -1) : segments,
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
  }
}
