import { isJsonObject, type Json, type JsonObject, type ResourceKind } from '@sluice/core'

/** A resource that another one refers to. */
interface Reference {
  /** As error texts name it. */
  readonly kind: string
  readonly id: string
  /** In the store. */
  readonly key: string
}

/** Resources that may refer to a resource. */
export interface Users {
  /** First segment of their keys, e.g. `routes`. */
  readonly name: string
  readonly kind: string
  /** Field with the id they refer to. */
  readonly field: string
}

/** What tells the resources of the Admin API apart; the calls on them are the same. */
export interface Resource {
  /** First segment of the path and of the keys in the store, e.g. `routes`. */
  readonly name: string
  readonly kind: ResourceKind
  /** What the argument `filter` of a list may name. */
  readonly filterFields: readonly string[]
  /** What a resource refers to, in the order in which it is looked up. */
  references(value: JsonObject): readonly Reference[]
  readonly users: readonly Users[]
  /** The resource in the text that refuses to delete it. */
  readonly inUse: string
}

/** The key of a resource in the store. */
export function storeKey(name: string, id: string): string {
  return `/${name}/${id}`
}

const kinds = {
  upstreams: 'upstream',
  services: 'service',
  plugin_configs: 'plugin config',
  ssls: 'ssl',
} as const

/** The reference in a field such as `upstream_id`; none where the field is absent. */
export function referenceTo(name: keyof typeof kinds, id: Json | undefined): readonly Reference[] {
  if (typeof id !== 'string' && typeof id !== 'number') return []
  return [{ kind: kinds[name], id: String(id), key: storeKey(name, String(id)) }]
}

/** What an upstream, inline or not, refers to. */
export function upstreamReferences(upstream: Json | undefined): readonly Reference[] {
  const tls = isJsonObject(upstream) ? upstream.tls : undefined
  return isJsonObject(tls) ? referenceTo('ssls', tls.client_cert_id) : []
}
