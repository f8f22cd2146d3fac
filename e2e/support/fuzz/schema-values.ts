import { isJsonObject, type Json, type JsonObject } from '@sluice/core'
import type { Random } from './random.ts'

/** Where references of a schema lead. */
type Resolve = (schema: JsonObject) => JsonObject

const deepest = 12

/**
 * Makes a value that mostly fits a schema (draft 2020-12): bounds are kept, patterns by what usually fits them, and of
 * several schemas that must all hold the first one counts.
 */
export function schemaValue(random: Random, schema: Json | undefined, resolve: Resolve, depth = 0): Json {
  if (!isJsonObject(schema) || depth > deepest) return random.pick(anything)
  const known = resolve(schema)
  if (known.const !== undefined) return known.const
  const inner = (each: Json | undefined): Json => schemaValue(random, each, resolve, depth + 1)
  if (isList(known.enum)) return pickFrom(random, known.enum)
  const alternatives = isList(known.anyOf) ? known.anyOf : known.oneOf
  if (known.type === undefined && isList(alternatives)) return inner(pickFrom(random, alternatives))
  switch (known.type) {
    case 'object':
      return objectOf(random, known, inner)
    case 'array':
      return Array.from({ length: numberOf(known.minItems, 0) + random.below(3) }, () => inner(known.items))
    case 'string':
      return textOf(random, known)
    case 'integer':
      return Math.round(quantityOf(random, known))
    case 'number':
      return quantityOf(random, known)
    case 'boolean':
      return random.chance(0.5)
    default:
      return random.pick(anything)
  }
}

const anything = [
  null,
  true,
  0,
  -1,
  '',
  'a',
  [],
  {},
  ['a', '==', 'b'],
  { a: { b: 1 } },
] as const satisfies readonly Json[]

// The less of what may be there is, the more often it is right.
const likelihoods = [0.05, 0.2, 0.6] as const

function objectOf(random: Random, schema: JsonObject, inner: (schema: Json | undefined) => Json): JsonObject {
  const { properties = {}, patternProperties, required } = schema
  const likelihood = random.pick(likelihoods)
  const needed = new Set([...(isList(required) ? required : []), ...alternativeOf(random, schema)])
  const chosen = Object.entries(isJsonObject(properties) ? properties : {}).filter(
    ([name]) => needed.has(name) || (!written.has(name) && random.chance(likelihood)),
  )
  const entries: [string, Json][] = chosen.map(([name, each]) => [name, inner(each)])
  const [pattern] = Object.values(isJsonObject(patternProperties) ? patternProperties : {})
  if (pattern !== undefined) {
    const names = Array.from({ length: random.below(3) }, () => random.pick(addresses))
    entries.push(...names.map((name): [string, Json] => [name, inner(pattern)]))
  }
  return Object.fromEntries(entries)
}

/** Refused where a client gives them. */
const written = new Set(['create_time', 'update_time', 'id'])

/** Names that go together. */
function alternativeOf(random: Random, { anyOf, oneOf }: JsonObject): readonly Json[] {
  const alternatives = [anyOf, oneOf].flatMap((list) =>
    isList(list) && list.length > 0 ? [pickFrom(random, list)] : [],
  )
  return alternatives.flatMap((each) => (isJsonObject(each) && isList(each.required) ? each.required : []))
}

const addresses = ['127.0.0.1:1', 'localhost:9092', '[::1]:65535', 'a.example'] as const

// One of them fits most patterns of the schemas.
const texts = [
  'a',
  'a-b.c_d',
  'a.example',
  '*.b.example',
  '192.0.2.1',
  '2001:db8::/32',
  '/a/*',
  '/b/:c',
  'http://127.0.0.1:1',
  '$env://NONE',
  '$secret://vault/1/a/b',
  'jack',
  'syntax = "proto3"; message A { string a = 1; }',
  '1',
] as const

function textOf(random: Random, { minLength, maxLength }: JsonObject): string {
  const text: string = random.pick(texts)
  const shortest = numberOf(minLength, 0)
  const longest = numberOf(maxLength, 1000)
  if (random.chance(0.05)) return 'x'.repeat(Math.min(longest, 5000))
  return text.padEnd(shortest, 'x').slice(0, longest)
}

function quantityOf(random: Random, schema: JsonObject): number {
  const from = numberOf(schema.minimum, numberOf(schema.exclusiveMinimum, -1) + 1)
  const to = numberOf(schema.maximum, from + 1000)
  return random.chance(0.3) ? random.pick([from, to]) : from + random.below(Math.max(1, Math.floor(to - from)))
}

const numberOf = (value: Json | undefined, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

function pickFrom(random: Random, list: readonly Json[]): Json {
  return list[random.below(Math.max(1, list.length))] ?? null
}
