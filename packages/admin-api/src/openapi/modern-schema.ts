import { isJsonObject, type Json, type JsonObject } from '@sluice/core'
import { mapSubschemas } from './schema-walk.ts'

/** A schema of draft 7 as one of draft 2020-12, the dialect of OpenAPI 3.1. */
export function modernSchema(schema: JsonObject): JsonObject {
  const { dependencies, ...rest } = schema
  const { items, additionalItems, ...others } = rest
  const modern = Array.isArray(items)
    ? { ...others, prefixItems: items, ...(additionalItems === undefined ? {} : { items: additionalItems }) }
    : rest
  return mapSubschemas(
    { ...modern, ...(isJsonObject(dependencies) ? splitDependencies(dependencies) : {}) },
    modernSchema,
  )
}

/** What `dependencies` said of names and of schemas has a keyword each. */
function splitDependencies(dependencies: JsonObject): JsonObject {
  const isNames = ([, value]: readonly [string, Json]): boolean => Array.isArray(value)
  const entries = Object.entries(dependencies)
  const required = entries.filter(isNames)
  const schemas = entries.filter((entry) => !isNames(entry))
  return {
    ...(required.length > 0 && { dependentRequired: Object.fromEntries(required) }),
    ...(schemas.length > 0 && { dependentSchemas: Object.fromEntries(schemas) }),
  }
}
