import type { ErrorObject } from 'ajv'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf, stringOf } from '../json-fields.ts'
import { explainArray } from './explain-array.ts'
import { explainCombined, explainLast } from './explain-combined.ts'
import { explainObject } from './explain-object.ts'
import { explainNumber, explainString, explainType } from './explain-scalar.ts'
import type { Explainer, Place } from './explainer.ts'
import { Faults } from './faults.ts'

/**
 * Puts what ajv found wrong into the words of APISIX (its JSON Schema library, `jsonschema` for Lua): the first fault in
 * that library's order of keywords, with the way to it in front, e.g. `property "uri" validation failed: wrong type: ...`.
 *
 * @param errors of ajv with `allErrors`, not empty
 */
export function explain(schema: JsonObject, value: Json, errors: readonly ErrorObject[]): string {
  const faults = new Faults(errors)
  const explainer: Explainer = {
    faults: (place, keyword) => faults.at(`${place.schemaPath}/${keyword}`, place.instancePath),
    explain(place) {
      const target = resolveReference(schema, place)
      return target === undefined ? explainKeywords(explainer, place) : explainer.explain(target)
    },
  }
  return explainer.explain({ schema, schemaPath: '#', value, instancePath: '' }) ?? foreignKeyword(errors)
}

function explainKeywords(explainer: Explainer, place: Place): string | undefined {
  return (
    explainType(explainer, place) ??
    (isJsonObject(place.value) ? explainObject(explainer, place) : undefined) ??
    (Array.isArray(place.value) ? explainArray(explainer, place) : undefined) ??
    (typeof place.value === 'string' ? explainString(explainer, place, place.value) : undefined) ??
    (typeof place.value === 'number' ? explainNumber(explainer, place, place.value) : undefined) ??
    explainCombined(explainer, place) ??
    explainLast(explainer, place)
  )
}

/** The place that a `$ref` within the document leads to. */
function resolveReference(root: JsonObject, place: Place): Place | undefined {
  const reference = stringOf(place.schema.$ref)
  if (reference === undefined || !reference.startsWith('#')) return undefined
  const names = decodeURIComponent(reference.slice(1)).split('/').slice(1)
  let target: JsonObject | undefined = root
  for (const name of names) target = objectOf(target?.[name.replaceAll('~1', '/').replaceAll('~0', '~')])
  return target && { ...place, schema: target, schemaPath: reference }
}

/** For keywords that APISIX's library does not have. */
function foreignKeyword([error]: readonly ErrorObject[]): string {
  const path = error?.instancePath.split('/').slice(1) ?? []
  return [...path.map((name) => `property "${name}" validation failed`), error?.message ?? 'invalid'].join(': ')
}
