import { type ResourceType, resourceTypes } from '@sluice/core'
import { MethodNotSupportedError, NotFoundError, RequestInvalidError, ResourceTypeUnknownError } from './errors.ts'
import { operationsOf } from './operations.ts'
import type { Target } from './target.ts'

/** Which resources a request is about. */
export interface Location {
  readonly type: ResourceType
  /** What the keys of the store start with, e.g. `/routes/` or `/consumers/jack/credentials/`. */
  readonly collection: string
  /** Key of the resource above, of a kind that has one. */
  readonly owner?: string
  /** Segment of the path that chooses the schema, of a kind with variants. */
  readonly variant?: string
  readonly id?: string
  /** Segments after the id; empty for a whole resource. */
  readonly subPath: readonly string[]
}

const methods = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'] as const

/**
 * Finds what a request is about by its path, and refuses methods and sub-paths that it does not have.
 *
 * @throws ResourceTypeUnknownError, NotFoundError, MethodNotSupportedError, and RequestInvalidError for a kind that is closed
 */
export function locate(target: Target, method: string): Location {
  const location = locationOf(target)
  const { type } = location
  if (!methods.some((name) => name === method)) throw new NotFoundError()
  if (type.closed !== undefined) throw new RequestInvalidError(type.closed)
  const operations = operationsOf(type).filter((operation) => operation.method === method)
  if (operations.length === 0) throw new MethodNotSupportedError(method, type.title)
  if (location.subPath.length > 0 && !operations.some(({ shape }) => shape === 'part')) throw new NotFoundError()
  return location
}

/** The key of a resource in the store. */
export function keyOf({ collection }: Location, id: string): string {
  return `${collection}${id}`
}

function locationOf({ segments: [name = '', ...rest] }: Target): Location {
  const [first, second, ...below] = rest
  const child = resourceTypes.find((type) => type.parent === name && type.name === second)
  if (child !== undefined) {
    const owner = `/${name}/${first}`
    return { type: child, collection: `${owner}/${second}/`, owner, ...idAnd(below) }
  }
  const type = resourceTypes.find((candidate) => candidate.name === name && candidate.parent === undefined)
  if (type === undefined) throw new ResourceTypeUnknownError(name)
  if (!type.hasVariants || first === undefined) return { type, collection: `/${name}/`, ...idAnd(rest) }
  return { type, collection: `/${name}/${first}/`, variant: first, ...idAnd(rest.slice(1)) }
}

function idAnd([id, ...subPath]: readonly string[]): Pick<Location, 'id' | 'subPath'> {
  return { ...(id === undefined ? {} : { id }), subPath }
}
