import type { ConfigEntry, ConfigStore, JsonObject, ResourceType } from '@sluice/core'
import { ReferenceMissingError, ResourceInUseError } from './errors.ts'

/** @throws ReferenceMissingError where a resource refers to one that does not exist or is not what it should be */
export async function checkReferences(store: ConfigStore, type: ResourceType, value: JsonObject): Promise<void> {
  for (const { title, id, key, fault } of type.references(value)) {
    const entry = await store.get(key)
    const why = entry === undefined ? 'response code: 404' : fault?.(entry.value)
    if (why !== undefined) throw new ReferenceMissingError(title, title, id, why)
  }
}

/** @throws ResourceInUseError where another resource refers to this one */
export async function checkUnused(store: ConfigStore, type: ResourceType, id: string): Promise<void> {
  for (const { name, title, ids } of type.users) {
    const user = (await listDirect(store, `/${name}/`)).find(({ value }) => ids(value).includes(id))
    if (user !== undefined) throw new ResourceInUseError(type.inUse, title, user.key.slice(`/${name}/`.length))
  }
}

/** The resources of a collection, without those that stand below them. */
export async function listDirect(store: ConfigStore, collection: string): Promise<readonly ConfigEntry[]> {
  const { entries } = await store.list(collection)
  return entries.filter(({ key }) => !key.includes('/', collection.length))
}
