import { objectOf } from '../json-fields.ts'
import type { Explainer, Place } from './explainer.ts'
import { luaNumber } from './lua-text.ts'

/** The first fault among the keywords for arrays. */
export function explainArray(explainer: Explainer, place: Place): string | undefined {
  return explainLength(explainer, place) ?? explainItems(explainer, place) ?? explainUnique(explainer, place)
}

function explainLength(explainer: Explainer, place: Place): string | undefined {
  for (const [keyword, bound] of [
    ['minItems', 'least'],
    ['maxItems', 'most'],
  ] as const) {
    const [fault] = explainer.faults(place, keyword)
    if (fault !== undefined) return `expect array to have at ${bound} ${luaNumber(fault.params.limit)} items`
  }
  return undefined
}

function explainItems(explainer: Explainer, place: Place): string | undefined {
  const { items } = place.schema
  for (const [i, value] of Array.isArray(place.value) ? place.value.entries() : []) {
    const schema = objectOf(Array.isArray(items) ? items[i] : items)
    if (schema === undefined) continue
    const inner = explainer.explain({
      schema,
      schemaPath: `${place.schemaPath}/items${Array.isArray(items) ? `/${i}` : ''}`,
      value,
      instancePath: `${place.instancePath}/${i}`,
    })
    if (inner !== undefined) return `failed to validate item ${i + 1}: ${inner}`
  }
  return undefined
}

function explainUnique(explainer: Explainer, place: Place): string | undefined {
  const [fault] = explainer.faults(place, 'uniqueItems')
  if (fault === undefined) return undefined
  const { i, j } = fault.params
  return `expected unique items but items ${Math.min(i, j) + 1} and ${Math.max(i, j) + 1} are equal`
}
