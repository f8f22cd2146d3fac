import { resourceTypes } from '@sluice/core'
import { type Static, Type } from 'typebox'
import type { Location } from '../location.ts'

const resourceNames = resourceTypes.filter(({ parent }) => parent === undefined).map(({ name }) => name)

/** What a key may do with some resources. */
export const Grant = Type.Object(
  {
    resources: Type.Array(Type.Enum(resourceNames), {
      minItems: 1,
      description: 'Kinds of resources; `consumers` has their credentials with it.',
    }),
    ids: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-zA-Z0-9-_./]*\\*?$', minLength: 1 }), {
        minItems: 1,
        description: 'Ids, or with `*` at the end what they begin with; any where it is left out.',
        examples: [['team-a-*']],
      }),
    ),
    methods: Type.Optional(
      Type.Array(Type.Enum(['GET', 'PUT', 'POST', 'PATCH', 'DELETE']), {
        minItems: 1,
        description: 'Methods; all where it is left out.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type Grant = Static<typeof Grant>

/** What a key lets its owner do: `admin` everything, `viewer` read with secrets masked, `restricted` nothing but its grants. */
export type Role = 'admin' | 'viewer' | 'restricted'

/** Who has a key. */
export interface KeyHolder {
  /** As audit log and answers name it. */
  readonly name: string
  readonly role: Role
  /** What it may do besides what its role lets it. */
  readonly grants: readonly Grant[]
}

/** Whether a request for resources may go on; a list may where anything in it is granted. */
export function mayAccess(holder: KeyHolder, method: string, location: Location): boolean {
  if (holder.role === 'admin' || (holder.role === 'viewer' && method === 'GET')) return true
  const { resource, id } = named(location)
  return isGranted(holder, method, resource, id)
}

/** Whether a key that is not the admin's may POST to a resource, or to all of a kind. */
export function mayPost(holder: KeyHolder, resource: string, id: string | undefined): boolean {
  return isGranted(holder, 'POST', resource, id)
}

function isGranted(holder: KeyHolder, method: string, resource: string, id: string | undefined): boolean {
  return grantsOf(holder, method, resource).some(({ ids }) => {
    if (ids === undefined) return true
    return id === undefined ? method === 'GET' : idFits(ids, id)
  })
}

/** Which keys of the store, such as `/routes/1`, a list may show. */
export function visibleTo(holder: KeyHolder): (key: string) => boolean {
  if (holder.role !== 'restricted') return () => true
  return (key) => {
    const [, resource = '', ...rest] = key.split('/')
    const id = resource === 'consumers' ? (rest[0] ?? '') : rest.join('/')
    return grantsOf(holder, 'GET', resource).some(({ ids }) => ids === undefined || idFits(ids, id))
  }
}

function grantsOf({ grants }: KeyHolder, method: string, resource: string): readonly Grant[] {
  return grants.filter(
    ({ resources, methods }) => resources.includes(resource) && (methods?.some((each) => each === method) ?? true),
  )
}

function idFits(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern))
}

/** The resource that grants speak of; what stands below another is that one's. */
function named({ type, owner, variant, id }: Location): { readonly resource: string; readonly id?: string } {
  if (owner !== undefined) {
    const [, resource = '', ...rest] = owner.split('/')
    return { resource, id: rest.join('/') }
  }
  if (id === undefined) return { resource: type.name }
  return { resource: type.name, id: variant === undefined ? id : `${variant}/${id}` }
}
