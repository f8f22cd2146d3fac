import type { ConfigCompare, ConfigEntry, Json, JsonObject } from '@sluice/core'
import { isJsonObject, luaType } from '@sluice/core'
import { ConsumerNotFoundError, KeyNotFoundError, RequestInvalidError } from './errors.ts'
import { generateId, identify, refuseId, requireId } from './ids.ts'
import { keyOf, type Location } from './location.ts'
import { mergePatch, replaceAt } from './patch.ts'
import { refuseTimes, stampTimes } from './times.ts'
import { parseTtl } from './ttl.ts'
import type { Write, WriteTools } from './write.ts'

/** A resource that is ready to be checked and stored. */
export interface Draft {
  readonly id: string
  readonly key: string
  readonly value: JsonObject
  readonly stored: ConfigEntry | undefined
  readonly ttlSeconds: number | undefined
  /** What else must still be as it was found when the resource is stored. */
  readonly compares: readonly ConfigCompare[]
}

/** What a PUT makes. */
export async function draftPut(tools: WriteTools, { location, query, body }: Write): Promise<Draft> {
  const ttlSeconds = parseTtl(query)
  const configuration = configurationOf(body)
  const compares = await checkOwner(tools, location)
  const { id: given, value } = identify(location.type, location.id, configuration)
  refuseTimes(value)
  const id = withoutOwner(location, given)
  const key = keyOf(location, id)
  const stored = await tools.store.get(key)
  return { id, key, value: stamp(tools, location, value, stored?.value), stored, ttlSeconds, compares }
}

/** What a POST makes, under an id of the gateway's. */
export async function draftPost(tools: WriteTools, { location, query, body }: Write): Promise<Draft> {
  const ttlSeconds = parseTtl(query)
  const value = configurationOf(body)
  refuseId(location.type.title, location.id, value)
  refuseTimes(value)
  const id = generateId((await currentRevision(tools)) + 1)
  const stamped = stamp(tools, location, { ...value, id }, undefined)
  return { id, key: keyOf(location, id), value: stamped, stored: undefined, ttlSeconds, compares: [] }
}

/** What a PATCH makes of what is stored. */
export async function draftPatch(tools: WriteTools, { location, query, body }: Write): Promise<Draft> {
  const { type, subPath } = location
  const ttlSeconds = parseTtl(query)
  const pathId = patchedId(location)
  if (body === undefined) throw new RequestInvalidError('missing new configuration')
  const key = keyOf(location, pathId)
  const change = subPath.length === 0 ? wholePatch(body) : undefined
  const stored = await tools.store.get(key)
  if (stored === undefined) throw new KeyNotFoundError()
  const before = tools.secrets.decrypt(type, stored.value)
  const after = change === undefined ? replaceAt(before, subPath, body) : mergePatch(before, change)
  const { id, value } = identify(type, pathId, after)
  return { id, key, value: stamp(tools, location, value, stored.value, change), stored, ttlSeconds, compares: [] }
}

function patchedId({ type, id }: Location): string {
  if (type.hasVariants && id === undefined) throw new RequestInvalidError(`no ${type.title} id`)
  return requireId(type.title, id)
}

/** A credential may be given with its consumer in front: `jack/credentials/first`. */
function withoutOwner({ type, owner }: Location, id: string): string {
  if (owner === undefined || !id.includes('/')) return id
  const [user, children, own = '', ...rest] = id.split('/')
  if (!owner.endsWith(`/${user}`) || children !== type.name || rest.length > 0) {
    throw new RequestInvalidError(`wrong ${type.title} id`)
  }
  return own
}

/** @throws ConsumerNotFoundError where what the resource belongs to is not there */
async function checkOwner({ store }: WriteTools, { owner }: Location): Promise<readonly ConfigCompare[]> {
  if (owner === undefined) return []
  const entry = await store.get(owner)
  if (entry === undefined) throw new ConsumerNotFoundError()
  return [{ key: owner, modifiedIndex: entry.modifiedIndex }]
}

function stamp(
  { now }: WriteTools,
  { type }: Location,
  value: JsonObject,
  previous: JsonObject | undefined,
  kept?: JsonObject,
): JsonObject {
  return type.hasTimes ? stampTimes(value, previous, Math.floor(now() / 1000), kept) : value
}

/** The body of PUT and POST; an empty array is Lua's empty object. */
export function configurationOf(body: Json | undefined): JsonObject {
  if (body === undefined || body === null) throw new RequestInvalidError('missing configurations')
  if (Array.isArray(body) && body.length === 0) return {}
  if (isJsonObject(body)) return body
  throw new RequestInvalidError(`invalid configuration: wrong type: expected object, got ${luaType(body)}`)
}

function wholePatch(body: Json): JsonObject {
  if (Array.isArray(body) && body.length === 0) return {}
  if (!isJsonObject(body)) throw new RequestInvalidError('invalid configuration')
  return body
}

/** A list tells the revision it shows; nothing has this prefix, so that the list is empty. */
async function currentRevision({ store }: WriteTools): Promise<number> {
  return (await store.list('/none/')).revision
}
