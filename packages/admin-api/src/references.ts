import type { ConfigStore, JsonObject } from '@sluice/core'
import { ReferenceMissingError, ResourceInUseError } from './errors.ts'
import { type Resource, storeKey } from './resource.ts'

/** @throws ReferenceMissingError where a resource refers to one that does not exist */
export async function checkReferences(store: ConfigStore, resource: Resource, value: JsonObject): Promise<void> {
  for (const { kind, id, key } of resource.references(value)) {
    if ((await store.get(key)) === undefined) throw new ReferenceMissingError(kind, kind, id)
  }
}

/** @throws ResourceInUseError where another resource refers to this one */
export async function checkUnused(store: ConfigStore, resource: Resource, id: string): Promise<void> {
  for (const { name, kind, field } of resource.users) {
    const { entries } = await store.list(storeKey(name, ''))
    const user = entries.find(({ value }) => value[field] !== undefined && String(value[field]) === id)
    if (user !== undefined) {
      throw new ResourceInUseError(resource.inUse, kind, user.key.slice(storeKey(name, '').length))
    }
  }
}
