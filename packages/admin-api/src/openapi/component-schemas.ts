import type { JsonObject, ResourceType, Validator } from '@sluice/core'
import { isJsonObject, resourceTypes } from '@sluice/core'
import { answeredSchema } from './answered-schema.ts'
import { modernSchema } from './modern-schema.ts'

type Schemas = Validator['schemas']

/** A reference to a schema of the document. */
export function schemaRef(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

/** Name of the schema of what is written to a kind of resource. */
export const writtenName = ({ kind }: ResourceType): string => kind

/** Name of the schema of what is answered of it. */
export const answeredName = ({ kind }: ResourceType): string => `${kind}.answered`

/** The schemas of resources and plugins, as written and as answered, and those of errors. */
export function createComponentSchemas(schemas: Schemas): JsonObject {
  const all: Record<string, JsonObject> = { error, key_not_found: keyNotFound, change }
  for (const [name, { config, consumer }] of schemas.plugins) {
    all[pluginName(name)] = modernSchema(config)
    if (consumer !== undefined) all[`${pluginName(name)}.consumer`] = modernSchema(consumer)
  }
  for (const type of resourceTypes) Object.assign(all, schemasOfType(schemas, type))
  return all
}

function schemasOfType(schemas: Schemas, type: ResourceType): Record<string, JsonObject> {
  const variants = [...(schemas.resources.get(type) ?? [])].map(
    ([name, schema]) => [name, modernSchema(schema)] as const,
  )
  const written = variants.map(
    ([name, schema]) => [name, withUpstream(type, withPlugins(schemas, type, withoutId(schema)))] as const,
  )
  const answered = variants.map(([, schema]) => withUpstream(type, answeredSchema(type, schema), '.answered'))
  const all: Record<string, JsonObject> = { [answeredName(type)]: oneOrAny(answered) }
  const [first] = written
  if (first !== undefined && first[0] === type.kind) return { ...all, [writtenName(type)]: first[1] }
  for (const [name, schema] of written) all[`${type.kind}.${componentName(name)}`] = schema
  const names = written.map(([name]) => schemaRef(`${type.kind}.${componentName(name)}`))
  return { ...all, [writtenName(type)]: oneOrAny(names) }
}

function oneOrAny(schemas: readonly JsonObject[]): JsonObject {
  const [first = { type: 'object' }] = schemas
  return schemas.length > 1 ? { anyOf: schemas } : first
}

/** The id mostly stands in the path. */
function withoutId(schema: JsonObject): JsonObject {
  const { required, ...rest } = schema
  if (!Array.isArray(required)) return schema
  const others = required.filter((name) => name !== 'id')
  return others.length > 0 ? { ...rest, required: others } : rest
}

/** Names the schemas of the plugins that there are. */
function withPlugins({ plugins }: Schemas, type: ResourceType, schema: JsonObject): JsonObject {
  const { properties } = schema
  if (type.plugins === 'none' || !isJsonObject(properties) || !isJsonObject(properties.plugins)) return schema
  const known = [...plugins].map(([name, { consumer }]) => {
    const suffix = type.plugins === 'consumer' && consumer !== undefined ? '.consumer' : ''
    return [name, schemaRef(`${pluginName(name)}${suffix}`)] as const
  })
  return {
    ...schema,
    properties: { ...properties, plugins: { ...properties.plugins, properties: Object.fromEntries(known) } },
  }
}

/** The upstream inside of another resource is that of its own kind, which is long. */
function withUpstream({ kind, plugins }: ResourceType, schema: JsonObject, suffix = ''): JsonObject {
  const { properties } = schema
  if (kind === 'upstream' || plugins === 'none' || !isJsonObject(properties)) return schema
  const { upstream } = properties
  if (!isJsonObject(upstream)) return schema
  const { description = '' } = upstream
  return { ...schema, properties: { ...properties, upstream: { ...schemaRef(`upstream${suffix}`), description } } }
}

const componentName = (name: string): string => name.replaceAll(/[^\w.-]/g, '_')

const pluginName = (name: string): string => `plugin.${componentName(name)}`

const text: JsonObject = { type: 'string' }

const error: JsonObject = {
  type: 'object',
  required: ['error_msg'],
  properties: {
    error_msg: { ...text, description: 'What is wrong, and where.' },
    description: { ...text, description: 'Why a key was refused.' },
    req_body: { ...text, description: 'A body that is no JSON.' },
    errors: { type: 'array', items: { type: 'object' }, description: 'Faults of the items of a whole configuration.' },
  },
}

const keyNotFound: JsonObject = { type: 'object', required: ['message'], properties: { message: text } }

const change: JsonObject = {
  type: 'object',
  required: ['op', 'path'],
  properties: {
    op: { ...text, enum: ['add', 'remove', 'replace'] },
    path: { ...text, description: 'JSON pointer, RFC 6901.' },
    from: { description: 'What is stored there.' },
    value: { description: 'What would be there.' },
  },
}
