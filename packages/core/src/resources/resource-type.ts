import type { Json, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'

/** What a schema is composed of. */
export interface SchemaParts {
  readonly registry: Registry
  /** That of an upstream, with the options of the registry's schemes. */
  readonly upstream: JsonObject
}

/** A resource that another one refers to. */
export interface Reference {
  /** As error texts name it, e.g. `plugin config`. */
  readonly title: string
  readonly id: string
  /** In the store. */
  readonly key: string
  /** What is wrong with the resource found, as the end of an error text; nothing where it will do. */
  fault?(value: JsonObject): string | undefined
}

/** Resources that may refer to a resource. */
export interface Users {
  /** First segment of their keys, e.g. `routes`. */
  readonly name: string
  /** As error texts name them, e.g. `plugin in route`. */
  readonly title: string
  /** The ids that one of them refers to. */
  ids(value: JsonObject): readonly string[]
}

/** How ids are given: in the field `id`, in `username`, or by the path alone. */
type Identity = 'id' | 'username' | 'name'

/**
 * One kind of resource of the Admin API: all that tells it from the others. What is done with them is the same for all, so
 * that a new kind is one file beside this one, and a line in `resource-types.ts`.
 */
export interface ResourceType {
  /** First segment of the path and of the keys in the store, e.g. `plugin_configs`. */
  readonly name: string
  /** Name of its schema in `/schema/<kind>`, e.g. `plugin_config`. */
  readonly kind: string
  /** As error texts name it, e.g. `plugin config`. */
  readonly title: string
  readonly identity: Identity
  /** The kind whose resources have these below them: `/<parent>/<its id>/<name>/<id>`. */
  readonly parent?: string
  /** Whether the segment before the id chooses among several schemas: `/<name>/<variant>/<id>`. */
  readonly hasVariants?: boolean
  /** Kinds that have resources below these, which are deleted with them. */
  readonly children?: readonly string[]
  /** What else but GET, PUT and DELETE is taken. */
  readonly methods: readonly ('POST' | 'PATCH')[]
  /** Whether the gateway writes `create_time` and `update_time`. */
  readonly hasTimes: boolean
  /** Why no request is taken at all; the text of an answer 400. */
  readonly closed?: string
  /** What the argument `filter` of a list may name. */
  readonly filterFields: readonly string[]
  /** The schemas by variant; that of a kind without variants has the name of the kind. */
  schemas(parts: SchemaParts): ReadonlyMap<string, JsonObject>
  /** The text for a variant that there is none of. */
  unknownVariant?(variant: string): string
  /** Which of the schemas of its plugins count. */
  readonly plugins: 'none' | 'route' | 'consumer'
  /** Dotted paths of its own fields that are encrypted at rest; those of plugins and inline upstreams come on top. */
  readonly secrets: readonly string[]
  /** Fields that no GET shows. */
  readonly hidden: readonly string[]
  /** Rules that are looked at before the schema; throws {@link ConfigInvalidError}. */
  checkFirst?(value: JsonObject): void
  /** Rules that the schema cannot say, besides those of upstreams; throws {@link ConfigInvalidError}. */
  checkRest?(value: JsonObject): void
  /** What is looked at after the plugins; throws {@link ConfigInvalidError}. */
  checkLast?(value: JsonObject): void
  /** What a resource refers to, in the order in which it is looked up. */
  references(value: JsonObject): readonly Reference[]
  /** Whose plugins no two resources may share by name, in whatever resource of this kind. */
  readonly hasUniquePlugins?: boolean
  /** Who may refer to it, in the order in which they are looked at before it is deleted. */
  readonly users: readonly Users[]
  /** The resource in the text that refuses to delete it. */
  readonly inUse: string
}

/** What most kinds have. */
export const common = {
  identity: 'id',
  methods: ['POST', 'PATCH'],
  hasTimes: true,
  filterFields: [],
  plugins: 'none',
  secrets: [],
  hidden: [],
  references: () => [],
  users: [],
} as const satisfies Partial<ResourceType>

/** The one schema of a kind. */
export function oneSchema(kind: string, create: (parts: SchemaParts) => JsonObject): ResourceType['schemas'] {
  return (parts) => new Map([[kind, create(parts)]])
}

/** A reference by id to a resource of another kind; none where the field is absent. */
export function referenceTo(name: string, title: string, id: Json | undefined): readonly Reference[] {
  if (typeof id !== 'string' && typeof id !== 'number') return []
  return [{ title, id: String(id), key: `/${name}/${id}` }]
}

/** Resources that refer to another one in a field. */
export function usersByField(name: string, title: string, field: string): Users {
  return { name, title, ids: (value) => idsOf(value[field]) }
}

/** The id in a field, as a list. */
export function idsOf(value: Json | undefined): readonly string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
}

/** What an upstream, inline or not, refers to. */
export function upstreamReferences(upstream: Json | undefined): readonly Reference[] {
  const tls = isJsonObject(upstream) ? upstream.tls : undefined
  if (!isJsonObject(tls)) return []
  return referenceTo('ssls', 'ssl', tls.client_cert_id).map((reference) => ({
    ...reference,
    fault: ({ type }) => (type === 'client' ? undefined : 'wrong ssl type'),
  }))
}
