import type { TObject, TSchema } from 'typebox'
import { Check } from 'typebox/value'

/** What is wrong with the schema of options or of a configuration, by the path of the field. */
export function schemaFaults(schema: TObject, mayBeOpen = false): string[] {
  return objectFaults(schema, '', mayBeOpen)
}

function objectFaults(schema: TObject, prefix: string, mayBeOpen: boolean): string[] {
  const notes = new Map<string, unknown>(Object.entries(schema))
  const closed = notes.get('additionalProperties') === false
  const own =
    closed || mayBeOpen
      ? []
      : [
          `${prefix === '' ? 'the schema' : prefix.slice(0, -1)}: set additionalProperties to false, or mistyped fields are taken`,
        ]
  return [
    ...own,
    ...Object.entries(schema.properties).flatMap(([name, field]) => fieldFaults(field, `${prefix}${name}`, mayBeOpen)),
  ]
}

function fieldFaults(field: TSchema, path: string, mayBeOpen: boolean): string[] {
  const notes = new Map<string, unknown>(Object.entries(field))
  const fallback = notes.get('default')
  const described = typeof notes.get('description') === 'string'
  return [
    ...(described ? [] : [`${path}: describe it, the description is its documentation`]),
    ...(fallback === undefined || Check(field, fallback) ? [] : [`${path}: its default does not fit it`]),
    ...(isObject(field) ? objectFaults(field, `${path}.`, mayBeOpen) : []),
  ]
}

function isObject(schema: TSchema): schema is TObject {
  return 'properties' in schema && typeof schema.properties === 'object'
}
