import { isSluiceError } from '@sluice/spi'
import { ConfigInvalidError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { resourceTypes } from '../resources/resource-types.ts'
import { luaType } from '../validate/lua-text.ts'
import type { Validator } from '../validate/validator.ts'
import { type ConfigurationItem, collections, type ItemFault } from './configuration-item.ts'

/** What an item is checked with. */
export type ItemChecks = Pick<Validator, 'checkFields' | 'checkBehaviour'>

/** The resources of a configuration, and what is wrong with those that cannot be used. */
export interface ReadConfiguration {
  readonly items: readonly ConfigurationItem[]
  readonly faults: readonly ItemFault[]
}

/**
 * Reads a whole configuration, `{routes: [...], services: [...], ...}`, and checks each item by itself: its schema and rules,
 * and that no other has its id. Fields that are no collections are let be.
 *
 * @param open decrypts what is encrypted for the check, by the key of the store; items stay as they are given
 * @throws ConfigInvalidError where it is no configuration at all
 */
export function readConfiguration(
  document: Json,
  validator: ItemChecks,
  open: Open = (_key, value) => value,
): ReadConfiguration {
  if (!isJsonObject(document)) throw wrongType('object', document)
  const parts = collections.map((type) => readCollection(validator, open, type, document[type.name]))
  return { items: parts.flatMap(({ items }) => items), faults: parts.flatMap(({ faults }) => faults) }
}

type Open = (key: string, value: JsonObject) => JsonObject

function readCollection(
  validator: ItemChecks,
  open: Open,
  type: ResourceType,
  given: Json | undefined,
): ReadConfiguration {
  if (given === undefined || given === null || (isJsonObject(given) && Object.keys(given).length === 0)) return nothing
  if (!Array.isArray(given)) throw wrongType('array', given, `property "${type.name}" validation failed: `)
  const seen = new Set<string>()
  const items: ConfigurationItem[] = []
  const faults: ItemFault[] = []
  for (const [index, value] of given.entries()) {
    const head = {
      collection: type.name,
      index,
      givenId: isJsonObject(value) ? (value.id ?? value.username) : undefined,
    }
    const errors: (string | undefined)[] = []
    try {
      const item = { ...head, ...itemOf(type, value, index) }
      // An id that the place gave does not stand in for one that the schema requires.
      const checked = isJsonObject(value) && value.id === undefined ? value : item.value
      checkItem(validator, { ...item, value: open(item.key, checked) })
      items.push(item)
    } catch (error) {
      if (!isSluiceError(error) || error.place.status !== 400) throw error
      errors.push(error.message)
    }
    errors.push(duplicateFault(type, value, seen))
    faults.push(...errors.filter((error) => error !== undefined).map((error) => ({ ...head, error })))
  }
  return { items, faults }
}

const nothing: ReadConfiguration = { items: [], faults: [] }

type Found = Pick<ConfigurationItem, 'type' | 'variant' | 'key' | 'value'>

/** Credentials stand among the consumers as `jack/credentials/first`, secret managers are called `vault/1`. */
function itemOf(type: ResourceType, value: Json, index: number): Found {
  if (!isJsonObject(value)) throw wrongType('object', value)
  const id = idOf(type, value, index)
  const key = `/${type.name}/${id}`
  if (type.identity === 'name') return { type, variant: id, key, value }
  if (type.hasVariants) {
    const slash = id.indexOf('/')
    if (slash < 0) throw new ConfigInvalidError(`invalid ${type.title} id: ${id}`)
    return { type, variant: id.slice(0, slash), key, value: { ...value, id: id.slice(slash + 1) } }
  }
  const child = resourceTypes.find(({ name, parent }) => parent === type.name && id.includes(`/${name}/`))
  if (child !== undefined) return { type: child, key, value: { ...value, id: id.slice(id.lastIndexOf('/') + 1) } }
  return { type, key, value: type.identity === 'id' ? { ...value, id: value.id ?? id } : value }
}

/** Without an id the place counts, from 1 on, as APISIX has it. */
function idOf({ identity }: ResourceType, value: JsonObject, index: number): string {
  const id = identity === 'username' ? (value.id ?? value.username) : value.id
  return typeof id === 'string' || typeof id === 'number' ? String(id) : `arr_${index + 1}`
}

function checkItem(validator: ItemChecks, { type, variant, value }: ConfigurationItem): void {
  validator.checkFields(type, value, variant)
  validator.checkBehaviour(type, value)
}

function duplicateFault({ name, identity }: ResourceType, item: Json, seen: Set<string>): string | undefined {
  if (!isJsonObject(item)) return undefined
  const id = identity === 'username' ? (item.id ?? item.username) : item.id
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  const key = String(id)
  if (!seen.has(key)) {
    seen.add(key)
    return undefined
  }
  const what = identity !== 'username' ? 'id' : item.id === undefined ? 'username' : 'credential id'
  return `found duplicate ${what} ${key} in ${name}`
}

function wrongType(expected: string, value: Json, prefix = ''): Error {
  return new ConfigInvalidError(
    `invalid configuration: ${prefix}wrong type: expected ${expected}, got ${luaType(value)}`,
  )
}
