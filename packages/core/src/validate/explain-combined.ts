import type { Json, JsonObject } from '../json.ts'
import { objectOf, stringsOf } from '../json-fields.ts'
import type { Explainer, Place } from './explainer.ts'

/** The first fault among `enum`, `allOf`, `anyOf` and `oneOf`. */
export function explainCombined(explainer: Explainer, place: Place): string | undefined {
  if (explainer.faults(place, 'enum').length > 0) return 'matches none of the enum values'
  return explainAllOf(explainer, place) ?? explainAnyOf(explainer, place) ?? explainOneOf(explainer, place)
}

/** The first fault among `if`, `not`, `format` and `const`. */
export function explainLast(explainer: Explainer, place: Place): string | undefined {
  const [condition] = explainer.faults(place, 'if')
  if (condition !== undefined) return `${condition.params.failingKeyword} clause did not match`
  if (explainer.faults(place, 'not').length > 0) return "value wasn't supposed to match schema"
  const [format] = explainer.faults(place, 'format')
  if (format !== undefined) return `expect valid ${format.params.format} format but got: ${place.value}`
  return explainer.faults(place, 'const').length > 0 ? 'failed to check const value' : undefined
}

function schemasOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.map((schema) => objectOf(schema) ?? {}) : []
}

function explainAllOf(explainer: Explainer, place: Place): string | undefined {
  for (const [i, schema] of schemasOf(place.schema.allOf).entries()) {
    const inner = explainer.explain({ ...place, schema, schemaPath: `${place.schemaPath}/allOf/${i}` })
    if (inner !== undefined) return `allOf ${i + 1} failed: ${inner}`
  }
  return undefined
}

function explainAnyOf(explainer: Explainer, place: Place): string | undefined {
  if (explainer.faults(place, 'anyOf').length === 0) return undefined
  const required = schemasOf(place.schema.anyOf).flatMap((schema) => {
    const names = stringsOf(schema.required)
    return names === undefined ? [] : [JSON.stringify(names)]
  })
  const text = 'object matches none of the required'
  return required.length === 0 ? text : `${text}: ${required.join(' or ')}`
}

function explainOneOf(explainer: Explainer, place: Place): string | undefined {
  const [fault] = explainer.faults(place, 'oneOf')
  if (fault === undefined) return undefined
  const passing: readonly number[] | null = fault.params.passingSchemas
  if (passing === null) return 'value should match only one schema, but matches none'
  return `value should match only one schema, but matches both schemas ${passing.map((i) => i + 1).join(' and ')}`
}
