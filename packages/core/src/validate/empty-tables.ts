import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf, stringsOf } from '../json-fields.ts'

/**
 * A copy of a value in which an empty array stands as an empty object where the schema wants an object, and the reverse: in
 * Lua, and so for APISIX's clients, the two are the same.
 */
export function alignEmptyTables(schema: JsonObject, value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? emptyFor(schema, value) : alignItems(schema, value)
  if (!isJsonObject(value)) return value
  return Object.keys(value).length === 0 ? emptyFor(schema, value) : alignFields(schema, value)
}

function emptyFor(schema: JsonObject, value: Json): Json {
  const types = stringsOf(schema.type)
  if (types === undefined || types.includes(Array.isArray(value) ? 'array' : 'object')) return value
  if (types.includes('object')) return {}
  return types.includes('array') ? [] : value
}

function alignItems(schema: JsonObject, items: readonly Json[]): Json {
  const itemSchema = objectOf(schema.items)
  return itemSchema === undefined ? items : items.map((item) => alignEmptyTables(itemSchema, item))
}

function alignFields(schema: JsonObject, value: JsonObject): JsonObject {
  const properties = objectOf(schema.properties) ?? {}
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const fieldSchema = Object.hasOwn(properties, name) ? objectOf(properties[name]) : undefined
      return [name, fieldSchema === undefined ? field : alignEmptyTables(fieldSchema, field)]
    }),
  )
}
