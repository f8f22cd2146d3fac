import { isJsonObject, type JsonObject, type ResourceType } from '@sluice/core'
import { mapSubschemas } from './schema-walk.ts'

// A text may be a reference (`$env://NAME`), or masked, and what it stands for is not known; which fields go together was
// checked when the resource was written.
const unsaid = new Set([
  'allOf',
  'dependentRequired',
  'dependentSchemas',
  'else',
  'format',
  'if',
  'maxLength',
  'minLength',
  'not',
  'oneOf',
  'pattern',
  'then',
])

/** The schema of what is answered, of a resource that is written by `schema` (draft 2020-12). */
export function answeredSchema({ hidden }: ResourceType, schema: JsonObject): JsonObject {
  const { properties, ...rest } = relaxed(schema)
  const { anyOf: _, required, ...kept } = rest
  const plugins = { type: 'object', additionalProperties: { type: 'object' }, description: 'Plugins by name.' }
  const known = Object.entries(isJsonObject(properties) ? properties : {}).map(([name, each]) => {
    if (hidden.includes(name)) return [name, { description: 'Masked in answers to writes, and in no other.' }] as const
    return [name, name === 'plugins' ? plugins : each] as const
  })
  return {
    ...kept,
    properties: { id: {}, ...Object.fromEntries(known) },
    ...(Array.isArray(required) && { required: required.filter((name) => !hidden.includes(String(name))) }),
  }
}

function relaxed(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([keyword]) => !unsaid.has(keyword))
  return mapSubschemas(Object.fromEntries(kept), relaxed)
}
