import type { ConfigStore, Json, Registry, Validator } from '@sluice/core'
import { changesBetween } from './changes.ts'
import { type Conditions, checkConditions } from './conditions.ts'
import { type Draft, draftPatch, draftPost, draftPut } from './drafts.ts'
import { type Answer, deleted, tried, written } from './envelope.ts'
import { KeyNotFoundError, WriteConflictError } from './errors.ts'
import { checkName, requireId } from './ids.ts'
import { keyOf, type Location } from './location.ts'
import { checkReferences, checkUnused } from './references.ts'
import type { Secrets } from './secrets.ts'
import { checkUnique } from './unique.ts'

/** What writing needs. */
export interface WriteTools {
  readonly store: ConfigStore
  readonly registry: Registry
  readonly validator: Validator
  readonly secrets: Secrets
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** One write: what to, and with which body. */
export interface Write {
  readonly location: Location
  readonly query: URLSearchParams
  readonly body: Json | undefined
  readonly conditions: Conditions
  /** Whether everything is checked and nothing stored. */
  readonly isDryRun: boolean
}

/** PUT: creates or replaces. */
export async function put(tools: WriteTools, write: Write): Promise<Answer> {
  return save(tools, write, await draftPut(tools, write))
}

/** POST: creates under an id that the gateway makes. */
export async function post(tools: WriteTools, write: Write): Promise<Answer> {
  return save(tools, write, await draftPost(tools, write))
}

/** PATCH: changes a part; the whole is checked again. */
export async function patch(tools: WriteTools, write: Write): Promise<Answer> {
  return save(tools, write, await draftPatch(tools, write))
}

/** DELETE, with what stands below, unless the resource is in use; `force=true` asks nobody. */
export async function remove({ store, secrets }: WriteTools, write: Write): Promise<Answer> {
  const { location, query, conditions, isDryRun } = write
  const { type } = location
  const id = requireId(type.title, location.id)
  if (query.get('force') !== 'true') await checkUnused(store, type, id)
  const key = keyOf(location, id)
  const stored = await store.get(key)
  if (stored === undefined) throw new KeyNotFoundError()
  checkConditions(conditions, stored)
  const below = await Promise.all((type.children ?? []).map((child) => store.list(`${key}/${child}/`)))
  const keys = [key, ...below.flatMap(({ entries }) => entries.map((entry) => entry.key))]
  if (isDryRun) {
    const shown = { plain: stored.value, shown: secrets.mask(type, stored.value) }
    return tried(deleted(key), changesBetween(shown, undefined))
  }
  const compare = { key, modifiedIndex: stored.modifiedIndex }
  const { committed } = await store.transact(
    [compare],
    keys.map((each) => ({ kind: 'delete', key: each })),
  )
  if (!committed) throw new WriteConflictError(`/apisix${key}`)
  return deleted(key)
}

async function save(tools: WriteTools, { location, conditions, isDryRun }: Write, draft: Draft): Promise<Answer> {
  const { store, validator, secrets } = tools
  const { type } = location
  const { id, key, stored, ttlSeconds } = draft
  checkConditions(conditions, stored)
  const value = secrets.restoreMasked(type, draft.value, stored?.value)
  validator.checkFields(type, value, location.variant ?? (type.identity === 'name' ? id : undefined))
  checkName(type, location.id, value)
  await checkReferences(store, type, value)
  validator.checkBehaviour(type, value)
  await checkUnique(tools, type, key, value)
  const shown = secrets.mask(type, value)
  const status = stored === undefined ? 201 : 200
  if (isDryRun) {
    const before = stored && { plain: secrets.reveal(type, stored), shown: secrets.mask(type, stored.value) }
    return tried(written(status, key, shown), changesBetween(before, { plain: value, shown }))
  }
  const result = await store.transact(
    [{ key, modifiedIndex: stored?.modifiedIndex ?? 0 }, ...draft.compares],
    [
      {
        kind: 'put',
        key,
        value: secrets.encrypt(type, value),
        ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      },
    ],
  )
  if (!result.committed) throw new WriteConflictError(`/apisix${key}`)
  const entry = result.changes.find((change) => change.key === key)?.entry
  return written(status, key, shown, entry?.modifiedIndex)
}
