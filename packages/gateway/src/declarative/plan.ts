import { isDeepStrictEqual } from 'node:util'
import { type Change, changesBetween } from '@sluice/admin-api'
import { type JsonObject, resourceTypeOf } from '@sluice/core'
import type { StoredResource } from './read-gateway.ts'

/** One resource that is to be written or deleted. */
export interface Action {
  readonly kind: 'create' | 'change' | 'delete'
  /** Of the store, e.g. `/routes/1`. */
  readonly key: string
  /** Absent with `delete`. */
  readonly value?: JsonObject
  /** What the resource has to be for the action: its index; absent with `create`. */
  readonly modifiedIndex?: number
  /** Field by field, secrets masked; of `change` only. */
  readonly changes: readonly Change[]
}

/** What brings a gateway to a configuration. */
export interface Plan {
  /** In an order in which each finds what it refers to. */
  readonly actions: readonly Action[]
  readonly unchanged: number
  /** What only the gateway has, where it is not to be deleted. */
  readonly kept: readonly string[]
}

/** How a plan is made. */
export interface PlanOptions {
  /** Whether what only the gateway has is deleted. */
  readonly isPruned: boolean
  /** Takes the secrets out of a resource that is shown. */
  mask(key: string, value: JsonObject): JsonObject
}

/** What is referred to comes before what refers to it. */
const order = [
  'ssl',
  'secret',
  'proto',
  'plugin_metadata',
  'upstream',
  'plugin_config',
  'service',
  'route',
  'stream_route',
  'consumer_group',
  'consumer',
  'credential',
  'global_rule',
]

/** Compares what a gateway has with what it is to have. */
export function makePlan(
  stored: ReadonlyMap<string, StoredResource>,
  wanted: ReadonlyMap<string, JsonObject>,
  { isPruned, mask }: PlanOptions,
): Plan {
  const writes = [...wanted].flatMap(([key, value]): Action[] => {
    const before = stored.get(key)
    if (before === undefined) return [{ kind: 'create', key, value, changes: [] }]
    if (isDeepStrictEqual(before.value, value)) return []
    const changes = changesBetween(
      { plain: before.value, shown: mask(key, before.value) },
      { plain: value, shown: mask(key, value) },
    )
    return [{ kind: 'change', key, value, modifiedIndex: before.modifiedIndex, changes }]
  })
  const extra = [...stored].filter(([key]) => !wanted.has(key))
  const deletions = extra
    // What stands below another resource is deleted with it.
    .filter(([key]) => !extra.some(([other]) => key.startsWith(`${other}/`)))
    .map(([key, { modifiedIndex }]): Action => ({ kind: 'delete', key, modifiedIndex, changes: [] }))
  const byOrder = (one: Action, other: Action): number => rank(one.key) - rank(other.key)
  return {
    actions: [...writes.sort(byOrder), ...(isPruned ? deletions.sort((one, other) => byOrder(other, one)) : [])],
    unchanged: wanted.size - writes.length,
    kept: isPruned ? [] : extra.map(([key]) => key),
  }
}

function rank(key: string): number {
  return order.indexOf(resourceTypeOf(key)?.kind ?? '')
}
