import type { JsonObject } from '../json.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { resourceTypes } from '../resources/resource-types.ts'
import { collections } from './configuration-item.ts'

/** A resource and its key in the store. */
export interface KeyedValue {
  readonly key: string
  readonly value: JsonObject
}

/** The kind of resource that a key of the store such as `/routes/1` or `/consumers/jack/credentials/first` is of. */
export function resourceTypeOf(key: string): ResourceType | undefined {
  const [, collection, , child] = key.split('/')
  const below = resourceTypes.find(({ name, parent }) => parent === collection && name === child)
  return below ?? collections.find(({ name }) => name === collection)
}

/** The whole configuration, `{routes: [...], services: [...], ...}`, that these resources make; the opposite of reading it. */
export function showConfiguration(resources: Iterable<KeyedValue>): JsonObject {
  const shown = new Map<string, JsonObject[]>()
  for (const { key, value } of resources) {
    const type = resourceTypeOf(key)
    const [, collection = ''] = key.split('/')
    if (type === undefined) continue
    const id = key.slice(collection.length + 2)
    const items = shown.get(collection) ?? []
    items.push(type.identity === 'username' ? value : { ...value, id })
    shown.set(collection, items)
  }
  return Object.fromEntries(
    collections.flatMap(({ name }) => {
      const items = shown.get(name)
      return items === undefined ? [] : [[name, items]]
    }),
  )
}
