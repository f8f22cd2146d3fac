import { numberOf, stringOf, stringsOf } from '../json-fields.ts'
import type { Explainer, Place } from './explainer.ts'
import { luaNumber, luaQuote, luaType } from './lua-text.ts'

/** The fault of `type`. */
export function explainType(explainer: Explainer, place: Place): string | undefined {
  if (explainer.faults(place, 'type').length === 0) return undefined
  const [single, ...others] = stringsOf(place.schema.type) ?? []
  const expected = others.length === 0 ? single : `one of ${[single, ...others].join(', ')}`
  return `wrong type: expected ${expected}, got ${luaType(place.value)}`
}

/** The first fault among the keywords for strings. */
export function explainString(explainer: Explainer, place: Place, value: string): string | undefined {
  const failed = (keyword: string) => explainer.faults(place, keyword).length > 0
  const limit = (keyword: string) => luaNumber(numberOf(place.schema[keyword]) ?? 0)
  if (failed('minLength')) return `string too short, expected at least ${limit('minLength')}, got ${characters(value)}`
  if (failed('maxLength')) return `string too long, expected at most ${limit('maxLength')}, got ${characters(value)}`
  if (!failed('pattern')) return undefined
  return `failed to match pattern ${luaQuote(stringOf(place.schema.pattern) ?? '')} with ${luaQuote(value)}`
}

function characters(text: string): number {
  return Array.from(text).length
}

const bounds = [
  ['minimum', 'to be at least'],
  ['exclusiveMinimum', 'to be greater than'],
  ['maximum', 'to be at most'],
  ['exclusiveMaximum', 'to be smaller than'],
  ['multipleOf', 'to be a multiple of'],
] as const

/** The first fault among the keywords for numbers. */
export function explainNumber(explainer: Explainer, place: Place, value: number): string | undefined {
  for (const [keyword, relation] of bounds) {
    if (explainer.faults(place, keyword).length === 0) continue
    return `expected ${luaNumber(value)} ${relation} ${luaNumber(numberOf(place.schema[keyword]) ?? 0)}`
  }
  return undefined
}
