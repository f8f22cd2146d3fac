import type { Json, JsonObject, ResourceType } from '@sluice/core'
import { RequestInvalidError } from './errors.ts'

/** The id of a write and the resource with it. */
interface Identified {
  /** As in the key of the store. */
  readonly id: string
  readonly value: JsonObject
}

/**
 * The id of a PUT or PATCH. For resources known by a name of their own it is that name, which the schema then checks. For
 * others the id of the path wins and becomes a string, else that of the body counts, as it is.
 *
 * @throws RequestInvalidError where there is none, or the two differ
 */
export function identify({ identity, title }: ResourceType, pathId: string | undefined, value: JsonObject): Identified {
  if (identity !== 'username') return identifyById(title, pathId, value)
  return { id: idText(pathId ?? value.username ?? null), value }
}

function identifyById(kind: string, pathId: string | undefined, value: JsonObject): Identified {
  const own = value.id
  if (pathId === undefined) {
    if (own === undefined || own === null) throw new RequestInvalidError(`missing ${kind} id`)
    return { id: idText(own), value }
  }
  if (own !== undefined && idText(own) !== pathId) throw new RequestInvalidError(`wrong ${kind} id`)
  return { id: pathId, value: { ...value, id: pathId } }
}

/** @throws RequestInvalidError where the name in the path is another one than that of the resource */
export function checkName({ identity }: ResourceType, pathId: string | undefined, value: JsonObject): void {
  if (identity === 'username' && pathId !== undefined && pathId !== value.username) {
    throw new RequestInvalidError('wrong username')
  }
}

/** Ids that are neither text nor number go on to the schema, which refuses them. */
function idText(id: Json): string {
  return typeof id === 'string' ? id : JSON.stringify(id)
}

/**
 * The id that is needed.
 *
 * @throws RequestInvalidError where the path has none
 */
export function requireId(kind: string, pathId: string | undefined): string {
  if (pathId === undefined) throw new RequestInvalidError(`missing ${kind} id`)
  return pathId
}

/** @throws RequestInvalidError where a POST has an id: the gateway makes it */
export function refuseId(kind: string, pathId: string | undefined, value: JsonObject): void {
  if (pathId !== undefined || value.id !== undefined) {
    throw new RequestInvalidError(`wrong ${kind} id, do not need it`)
  }
}

/** The id that POST makes of a store revision: 20 digits, so that the order of keys is that of creation. */
export function generateId(revision: number): string {
  return String(revision).padStart(20, '0')
}
