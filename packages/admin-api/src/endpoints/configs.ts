import { isJsonObject, type Json, type JsonObject, luaType, type ResourceType, resourceTypes } from '@sluice/core'
import { isSluiceError } from '@sluice/spi'
import { RequestInvalidError } from '../errors.ts'
import type { Endpoint, EndpointTools } from './endpoint.ts'

interface Fault extends JsonObject {
  readonly resource_type: string
  /** From 0 on. */
  readonly index: number
  readonly error: string
}

/** One item of a configuration, and how it is checked. */
interface Item {
  readonly type: ResourceType
  readonly variant?: string
  readonly value: JsonObject
}

/**
 * POST `/configs/validate`: checks a whole configuration, `{routes: [...], services: [...], ...}`, without references between
 * its items. Stores nothing.
 *
 * @throws RequestInvalidError where the body is no configuration; faults of its items are answered
 */
export const validateConfigs: Endpoint = (tools, { body }) => {
  if (body === undefined) throw new RequestInvalidError('invalid request body: empty request body')
  if (!isJsonObject(body)) throw wrongType('object', body)
  const faults = resourceTypes
    .filter(({ parent }) => parent === undefined)
    .flatMap((type) => collectionFaults(tools, type, body[type.name]))
  if (faults.length === 0) return { status: 200, body: {} }
  return { status: 400, body: { error_msg: 'Configuration validation failed', errors: faults } }
}

function collectionFaults(tools: EndpointTools, type: ResourceType, items: Json | undefined): readonly Fault[] {
  if (items === undefined || (isJsonObject(items) && Object.keys(items).length === 0)) return []
  if (!Array.isArray(items)) throw wrongType('array', items, `property "${type.name}" validation failed: `)
  const seen = new Set<string>()
  return items.flatMap((item: Json, index) => {
    const id = isJsonObject(item) ? (item.id ?? item.username) : undefined
    const head = { resource_type: type.name, ...(id === undefined ? {} : { resource_id: id }), index }
    return [itemFault(tools, type, item), duplicateFault(type, item, seen)]
      .filter((error) => error !== undefined)
      .map((error) => ({ ...head, error }))
  })
}

function itemFault({ validator }: EndpointTools, collection: ResourceType, item: Json): string | undefined {
  try {
    if (!isJsonObject(item)) throw wrongType('object', item)
    const { type, variant, value } = itemOf(collection, item)
    validator.checkFields(type, value, variant)
    validator.checkBehaviour(type, value)
    return undefined
  } catch (error) {
    if (isSluiceError(error) && error.place.status === 400) return error.message
    throw error
  }
}

/** Credentials stand among the consumers as `jack/credentials/first`, secret managers are called `vault/1`. */
function itemOf(type: ResourceType, value: JsonObject): Item {
  const id = String(value.id ?? '')
  if (type.identity === 'name') return { type, variant: id, value }
  if (type.hasVariants) {
    const slash = id.indexOf('/')
    if (slash < 0) throw new RequestInvalidError(`invalid ${type.title} id: ${id}`)
    return { type, variant: id.slice(0, slash), value: { ...value, id: id.slice(slash + 1) } }
  }
  const child = resourceTypes.find(({ name, parent }) => parent === type.name && id.includes(`/${name}/`))
  return { type: child ?? type, value }
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
  return new RequestInvalidError(
    `invalid configuration: ${prefix}wrong type: expected ${expected}, got ${luaType(value)}`,
  )
}
