import type { Json, JsonObject } from '../json.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { resourceTypes } from '../resources/resource-types.ts'

/** The kinds that stand in a whole configuration, `{routes: [...], services: [...], ...}`; others stand among them. */
export const collections: readonly ResourceType[] = resourceTypes.filter(({ parent }) => parent === undefined)

/** One resource of a whole configuration. */
export interface ConfigurationItem {
  readonly type: ResourceType
  /** Where it stands: the name of the collection, and the place in it from 0 on. */
  readonly collection: string
  readonly index: number
  /** As it is given, with what is in front of it: `jack/credentials/first`, `vault/1`. */
  readonly givenId: Json | undefined
  /** Chooses the schema, of a kind with variants. */
  readonly variant?: string
  /** In the store. */
  readonly key: string
  readonly value: JsonObject
}

/** What is wrong with an item. */
export interface ItemFault {
  readonly collection: string
  readonly index: number
  readonly givenId: Json | undefined
  readonly error: string
}

/** A fault of an item that could be read. */
export function faultOf({ collection, index, givenId }: ConfigurationItem, error: string): ItemFault {
  return { collection, index, givenId, error }
}
