import { normalizePath } from '@sluice/core'
import { NotFoundError, PathInvalidError, ResourceTypeUnknownError } from './errors.ts'

const root = '/apisix/admin'

/** What a request is about. */
export interface Target {
  /** In its normal form, without the query. */
  readonly path: string
  /** First segment after `/apisix/admin/`, e.g. `routes`. */
  readonly resource: string
  readonly id?: string
  /** Segments after the id; empty for a whole resource. */
  readonly subPath: readonly string[]
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
  const [resource = '', id, ...rest] = path.slice(root.length + 1).split('/')
  return {
    path,
    resource,
    ...(id ? { id } : {}),
    subPath: rest.at(-1) === '' ? rest.slice(0, -1) : rest,
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
  }
}

/**
 * Finds a resource by the first segment, and refuses methods and sub-paths that no resource has.
 *
 * @throws ResourceTypeUnknownError, NotFoundError
 */
export function findResource<T>(resources: ReadonlyMap<string, T>, target: Target, method: string): T {
  const resource = resources.get(target.resource)
  if (resource === undefined) throw new ResourceTypeUnknownError(target.resource)
  if (!methods.has(method)) throw new NotFoundError()
  if (target.subPath.length > 0 && method !== 'PATCH') throw new NotFoundError()
  return resource
}

const methods = new Set(['GET', 'PUT', 'POST', 'PATCH', 'DELETE'])
