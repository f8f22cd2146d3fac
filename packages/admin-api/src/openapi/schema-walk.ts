import { isJsonObject, type Json, type JsonObject } from '@sluice/core'

// Keywords of JSON Schema with schemas in them; the value of any other keyword, such as `default`, only may look like one.
const one = new Set(['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'propertyNames', 'then'])
const lists = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems'])
const maps = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'])

/** A schema with each schema directly inside of it replaced; true and false stay as they are. */
export function mapSubschemas(schema: JsonObject, map: (inner: JsonObject) => JsonObject): JsonObject {
  const mapOne = (value: Json): Json => (isJsonObject(value) ? map(value) : value)
  const mapValue = (keyword: string, value: Json): Json => {
    if (Array.isArray(value)) return lists.has(keyword) ? value.map(mapOne) : value
    if (!isJsonObject(value)) return value
    if (maps.has(keyword)) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapOne(each)]))
    return one.has(keyword) ? map(value) : value
  }
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, mapValue(keyword, value)]))
}
