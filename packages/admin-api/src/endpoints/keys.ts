import { randomBytes } from 'node:crypto'
import { type ConfigEntry, createSchemaCompiler, type JsonObject, plainSchema } from '@sluice/core'
import { Check } from 'typebox/value'
import { checkConditions, etagOf } from '../conditions.ts'
import { deleted } from '../envelope.ts'
import { KeyNotFoundError, RequestInvalidError, WriteConflictError } from '../errors.ts'
import type { KeyHolder } from '../keys/grant.ts'
import { digestOf, KeyBody, keysPrefix, type StoredKey, storedKey } from '../keys/key-table.ts'
import { parseTtl } from '../ttl.ts'
import type { Endpoint, EndpointTools } from './endpoint.ts'

/** GET `/keys`: the keys of the Admin API, without the keys themselves. */
export const listKeys: Endpoint = async ({ keys, store }) => {
  const fixed = keys.fixed.map(shownFixed)
  const { entries } = await store.list(keysPrefix)
  const list = [...fixed, ...entries.flatMap(shownStored)]
  return { status: 200, body: { list, total: list.length } }
}

/** GET `/keys/{name}`. @throws KeyNotFoundError */
export const showKey: Endpoint = async ({ keys, store }, { path: [name = ''] }) => {
  const fixed = keys.fixed.find((holder) => holder.name === name)
  if (fixed !== undefined) return { status: 200, body: shownFixed(fixed) }
  const entry = await store.get(`${keysPrefix}${name}`)
  const [shown] = entry === undefined ? [] : shownStored(entry)
  if (entry === undefined || shown === undefined) throw new KeyNotFoundError()
  return { status: 200, body: shown, headers: { ETag: etagOf(entry.modifiedIndex) } }
}

/**
 * PUT `/keys/{name}`: makes a key, which is in this one answer and stored hashed, or changes what one may do. With
 * `rotate=true` it gets another key, and the one before is refused from then on.
 *
 * @throws RequestInvalidError, PreconditionFailedError, WriteConflictError
 */
export const putKey: Endpoint = async (tools, { path: [name = ''], query, body, conditions, isDryRun }) => {
  checkOpen(tools, name)
  if (!namePattern.test(name)) throw new RequestInvalidError(`invalid key name: ${name} is not ${namePattern.source}`)
  const checked = checkBody(body ?? null)
  if (!checked.ok) throw new RequestInvalidError(`invalid configuration: ${checked.text}`)
  if (!Check(KeyBody, checked.filled)) throw new RequestInvalidError('invalid configuration')
  const ttlSeconds = parseTtl(query)
  const key = `${keysPrefix}${name}`
  const entry = await tools.store.get(key)
  checkConditions(conditions, entry)
  const before = entry && storedKey(entry.value)
  const made = before === undefined || query.get('rotate') === 'true' ? randomBytes(32).toString('hex') : undefined
  const now = Math.floor(tools.now() / 1000)
  const value: StoredKey = {
    ...checked.filled,
    sha256: made === undefined ? (before?.sha256 ?? '') : digestOf(made).toString('hex'),
    create_time: before?.create_time ?? now,
    update_time: now,
  }
  const status = entry === undefined ? 201 : 200
  const { sha256: _, ...shown } = value
  if (isDryRun) return { status, body: { name, ...shown, dry_run: true }, headers: { 'Preference-Applied': 'dry-run' } }
  const ttl = ttlSeconds === undefined ? {} : { ttlSeconds }
  const result = await tools.store.transact(
    [{ key, modifiedIndex: entry?.modifiedIndex ?? 0 }],
    [{ kind: 'put', key, value, ...ttl }],
  )
  if (!result.committed) throw new WriteConflictError(`/apisix${key}`)
  return { status, body: { name, ...shown, ...(made !== undefined && { key: made }) } }
}

/** DELETE `/keys/{name}`: the key is refused from then on. @throws KeyNotFoundError, RequestInvalidError */
export const deleteKey: Endpoint = async (tools, { path: [name = ''], conditions, isDryRun }) => {
  checkOpen(tools, name)
  const key = `${keysPrefix}${name}`
  const entry = await tools.store.get(key)
  if (entry === undefined) throw new KeyNotFoundError()
  checkConditions(conditions, entry)
  if (isDryRun) return { ...deleted(key), headers: { 'Preference-Applied': 'dry-run' } }
  const { committed } = await tools.store.transact(
    [{ key, modifiedIndex: entry.modifiedIndex }],
    [{ kind: 'delete', key }],
  )
  if (!committed) throw new WriteConflictError(`/apisix${key}`)
  return deleted(key)
}

const namePattern = /^[a-zA-Z0-9-_.]{1,64}$/
const checkBody = createSchemaCompiler()(plainSchema(KeyBody))

function checkOpen({ keys }: EndpointTools, name: string): void {
  if (!keys.isOpen) {
    throw new RequestInvalidError(
      'keys are those of the configuration file where the store is a file: write deployment.admin.admin_key there',
    )
  }
  if (keys.fixed.some((holder) => holder.name === name)) {
    throw new RequestInvalidError(`the key ${name} is that of deployment.admin.admin_key: change it there`)
  }
}

function shownFixed({ name, role }: KeyHolder): JsonObject {
  return { name, role, is_fixed: true }
}

function shownStored({ key, value }: ConfigEntry): readonly JsonObject[] {
  const stored = storedKey(value)
  if (stored === undefined) return []
  const { sha256: _, ...shown } = stored
  return [{ name: key.slice(keysPrefix.length), ...shown }]
}
