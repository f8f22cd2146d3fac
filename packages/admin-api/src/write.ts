import type { ConfigEntry, ConfigStore, Json, JsonObject, Validator } from '@sluice/core'
import { isJsonObject, luaType } from '@sluice/core'
import { type Answer, deleted, written } from './envelope.ts'
import { KeyNotFoundError, RequestInvalidError, WriteConflictError } from './errors.ts'
import { generateId, identify, refuseId, requireId } from './ids.ts'
import { mergePatch, replaceAt } from './patch.ts'
import { checkReferences, checkUnused } from './references.ts'
import { type Resource, storeKey } from './resource.ts'
import type { Secrets } from './secrets.ts'
import type { Target } from './target.ts'
import { refuseTimes, stampTimes } from './times.ts'
import { parseTtl } from './ttl.ts'

/** What writing needs. */
export interface WriteTools {
  readonly store: ConfigStore
  readonly validator: Validator
  readonly secrets: Secrets
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** One write: what to, and with which body. */
export interface Write {
  readonly resource: Resource
  readonly target: Target
  readonly body: Json | undefined
}

/** A resource that is ready to be checked and stored. */
interface Draft {
  readonly key: string
  readonly value: JsonObject
  readonly stored: ConfigEntry | undefined
  readonly ttlSeconds: number | undefined
}

/** PUT: creates or replaces. */
export async function put(tools: WriteTools, { resource, target, body }: Write): Promise<Answer> {
  const ttlSeconds = parseTtl(target.query)
  const { id, value } = identify(resource.kind, target.id, configurationOf(body))
  refuseTimes(value)
  const key = storeKey(resource.name, id)
  const stored = await tools.store.get(key)
  const stamped = stampTimes(value, stored?.value, seconds(tools))
  return save(tools, resource, { key, value: stamped, stored, ttlSeconds })
}

/** POST: creates under an id that the gateway makes. */
export async function post(tools: WriteTools, { resource, target, body }: Write): Promise<Answer> {
  const ttlSeconds = parseTtl(target.query)
  const value = configurationOf(body)
  refuseId(resource.kind, target.id, value)
  refuseTimes(value)
  const id = generateId((await currentRevision(tools.store)) + 1)
  const stamped = stampTimes({ ...value, id }, undefined, seconds(tools))
  return save(tools, resource, { key: storeKey(resource.name, id), value: stamped, stored: undefined, ttlSeconds })
}

/** PATCH: changes a part; the whole is checked again. */
export async function patch(tools: WriteTools, { resource, target, body }: Write): Promise<Answer> {
  const ttlSeconds = parseTtl(target.query)
  const pathId = requireId(resource.kind, target.id)
  if (body === undefined) throw new RequestInvalidError('missing new configuration')
  const key = storeKey(resource.name, pathId)
  const isWhole = target.subPath.length === 0
  const change = isWhole ? wholePatch(body) : undefined
  const stored = await tools.store.get(key)
  if (stored === undefined) throw new KeyNotFoundError()
  const before = tools.secrets.decrypt(resource, stored.value)
  const after = change === undefined ? replaceAt(before, target.subPath, body) : mergePatch(before, change)
  const { value } = identify(resource.kind, pathId, after)
  const stamped = stampTimes(value, stored.value, seconds(tools), change)
  return save(tools, resource, { key, value: stamped, stored, ttlSeconds })
}

/** DELETE, unless the resource is in use; `force=true` asks nobody. */
export async function remove(tools: WriteTools, { resource, target }: Write): Promise<Answer> {
  const id = requireId(resource.kind, target.id)
  if (target.query.get('force') !== 'true') await checkUnused(tools.store, resource, id)
  const key = storeKey(resource.name, id)
  const stored = await tools.store.get(key)
  if (stored === undefined) throw new KeyNotFoundError()
  const compare = { key, modifiedIndex: stored.modifiedIndex }
  const { committed } = await tools.store.transact([compare], [{ kind: 'delete', key }])
  if (!committed) throw new WriteConflictError(`/apisix${key}`)
  return deleted(key)
}

async function save(tools: WriteTools, resource: Resource, draft: Draft): Promise<Answer> {
  const { store, validator, secrets } = tools
  const { key, stored, ttlSeconds } = draft
  const value = secrets.restoreMasked(resource, draft.value, stored?.value)
  validator.checkFields(resource.kind, value)
  await checkReferences(store, resource, value)
  validator.checkBehaviour(resource.kind, value)
  const { committed } = await store.transact(
    [{ key, modifiedIndex: stored?.modifiedIndex ?? 0 }],
    [
      {
        kind: 'put',
        key,
        value: secrets.encrypt(resource, value),
        ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      },
    ],
  )
  if (!committed) throw new WriteConflictError(`/apisix${key}`)
  return written(stored === undefined ? 201 : 200, key, secrets.mask(resource, value))
}

function seconds({ now }: WriteTools): number {
  return Math.floor(now() / 1000)
}

/** The body of PUT and POST; an empty array is Lua's empty object. */
function configurationOf(body: Json | undefined): JsonObject {
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
async function currentRevision(store: ConfigStore): Promise<number> {
  return (await store.list('/none/')).revision
}
