import type { Json, JsonObject } from '../json.ts'
import { objectOf, stringsOf } from '../json-fields.ts'
import type { Explainer, Place } from './explainer.ts'
import { fragmentSegment, pointerSegment } from './faults.ts'
import { luaNumber } from './lua-text.ts'

/** The first fault among the keywords for objects. */
export function explainObject(explainer: Explainer, place: Place): string | undefined {
  const properties = objectOf(place.schema.properties) ?? {}
  return (
    first(Object.keys(properties), (name) => explainProperty(explainer, place, properties, name)) ??
    first(stringsOf(place.schema.required) ?? [], (name) => explainRequired(explainer, place, name)) ??
    first(Object.keys(objectOf(place.schema.dependencies) ?? {}), (name) =>
      explainDependency(explainer, place, name),
    ) ??
    explainOtherProperties(explainer, place, properties) ??
    explainSize(explainer, place)
  )
}

/** The first text that a list of names gives. */
function first(names: readonly string[], explain: (name: string) => string | undefined): string | undefined {
  for (const name of names) {
    const text = explain(name)
    if (text !== undefined) return text
  }
  return undefined
}

function explainProperty(explainer: Explainer, place: Place, properties: JsonObject, name: string): string | undefined {
  const schema = objectOf(properties[name])
  const inner = schema && explainField(explainer, place, name, schema, `properties/${fragmentSegment(name)}`)
  if (inner !== undefined) return `property "${name}" validation failed: ${inner}`
  return explainDependency(explainer, place, name) ?? explainRequired(explainer, place, name)
}

function explainField(
  explainer: Explainer,
  place: Place,
  name: string,
  schema: JsonObject,
  path: string,
): string | undefined {
  const value = fieldOf(place, name)
  return value !== undefined
    ? explainer.explain({
        schema,
        schemaPath: `${place.schemaPath}/${path}`,
        value,
        instancePath: `${place.instancePath}/${pointerSegment(name)}`,
      })
    : undefined
}

function fieldOf(place: Place, name: string): Json | undefined {
  const object = objectOf(place.value)
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}

function explainDependency(explainer: Explainer, place: Place, name: string): string | undefined {
  const dependencies = objectOf(place.schema.dependencies)
  const dependency = dependencies && Object.hasOwn(dependencies, name) ? dependencies[name] : undefined
  if (dependency === undefined || fieldOf(place, name) === undefined) return undefined
  if (Array.isArray(dependency)) {
    const fault = explainer.faults(place, 'dependencies').find((error) => error.params.property === name)
    return fault && `property "${fault.params.missingProperty}" is required when "${name}" is set`
  }
  const schema = objectOf(dependency)
  const inner =
    schema &&
    explainer.explain({ ...place, schema, schemaPath: `${place.schemaPath}/dependencies/${fragmentSegment(name)}` })
  return inner && `failed to validate dependent schema for "${name}": ${inner}`
}

function explainOtherProperties(explainer: Explainer, place: Place, properties: JsonObject): string | undefined {
  const patterns = objectOf(place.schema.patternProperties) ?? {}
  const names = Object.keys(objectOf(place.value) ?? {})
  const matched = first(names, (name) =>
    first(Object.keys(patterns), (pattern) => {
      const schema = new RegExp(pattern, 'u').test(name) ? objectOf(patterns[pattern]) : undefined
      const path = `patternProperties/${fragmentSegment(pattern)}`
      const inner = schema && explainField(explainer, place, name, schema, path)
      return inner && `failed to validate ${name} (matching "${pattern}"): ${inner}`
    }),
  )
  return (
    matched ??
    explainAdditional(
      explainer,
      place,
      names.filter((name) => !Object.hasOwn(properties, name)),
    )
  )
}

function explainAdditional(explainer: Explainer, place: Place, names: readonly string[]): string | undefined {
  const [fault] = explainer.faults(place, 'additionalProperties')
  if (fault !== undefined) return `additional properties forbidden, found ${fault.params.additionalProperty}`
  const schema = objectOf(place.schema.additionalProperties)
  if (schema === undefined) return undefined
  return first(names, (name) => {
    const inner = explainField(explainer, place, name, schema, 'additionalProperties')
    return inner && `failed to validate additional property ${name}: ${inner}`
  })
}

function explainSize(explainer: Explainer, place: Place): string | undefined {
  for (const [keyword, bound] of [
    ['minProperties', 'least'],
    ['maxProperties', 'most'],
  ] as const) {
    const [fault] = explainer.faults(place, keyword)
    if (fault !== undefined) return `expect object to have at ${bound} ${luaNumber(fault.params.limit)} properties`
  }
  return undefined
}

/** The text of a `required` that failed for a name. */
function explainRequired(explainer: Explainer, place: Place, name: string): string | undefined {
  if (!stringsOf(place.schema.required)?.includes(name)) return undefined
  const missing = explainer.faults(place, 'required').some((error) => error.params.missingProperty === name)
  return missing ? `property "${name}" is required` : undefined
}
