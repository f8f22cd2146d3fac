import type { ResourceType } from '@sluice/core'

/** Which part of the resources of a kind a path names: all, one, or what is inside of one. */
export type Shape = 'collection' | 'item' | 'part'

/** Something that can be asked of a kind of resource. */
export interface ResourceOperation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  readonly shape: Shape
}

const all: readonly ResourceOperation[] = [
  { method: 'GET', shape: 'collection' },
  { method: 'POST', shape: 'collection' },
  { method: 'PUT', shape: 'collection' },
  { method: 'GET', shape: 'item' },
  { method: 'PUT', shape: 'item' },
  { method: 'PATCH', shape: 'item' },
  { method: 'DELETE', shape: 'item' },
  { method: 'PATCH', shape: 'part' },
]

/** What can be asked of a kind; requests are answered, and the OpenAPI document is made, by this list. */
export function operationsOf(type: ResourceType): readonly ResourceOperation[] {
  if (type.closed !== undefined) return []
  return all.filter(({ method }) => (method !== 'POST' && method !== 'PATCH') || type.methods.includes(method))
}
