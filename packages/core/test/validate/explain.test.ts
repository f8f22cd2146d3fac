import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/json.ts'
import { createSchemaCompiler } from '../../src/validate/schema-check.ts'

const compile = createSchemaCompiler()

function textOf(schema: JsonObject, value: Json): string {
  const result = compile(schema)(value)
  return result.ok ? 'ok' : result.text
}

const string = { type: 'string' }
const a = { required: ['a'] }
const b = { required: ['b'] }
const upTo = (maximum: number) => ({ properties: { a: { type: 'integer', maximum } } })

const cases: readonly (readonly [schema: JsonObject, value: Json, text: string])[] = [
  // type
  [string, 1, 'wrong type: expected string, got number'],
  [string, null, 'wrong type: expected string, got userdata'],
  [string, { a: 1 }, 'wrong type: expected string, got table'],
  [string, [1], 'wrong type: expected string, got table'],
  [{ type: 'integer' }, true, 'wrong type: expected integer, got boolean'],
  [{ type: 'integer' }, 1.5, 'wrong type: expected integer, got number'],
  [{ type: 'object' }, 'a', 'wrong type: expected object, got string'],
  [{ type: ['string', 'number'] }, true, 'wrong type: expected one of string, number, got boolean'],
  // objects
  [{ properties: { x: string } }, { x: 1 }, 'property "x" validation failed: wrong type: expected string, got number'],
  [
    { properties: { x: { properties: { y: string } } } },
    { x: { y: 1 } },
    'property "x" validation failed: property "y" validation failed: wrong type: expected string, got number',
  ],
  [
    { properties: { 'a/b~c%': string } },
    { 'a/b~c%': 1 },
    'property "a/b~c%" validation failed: wrong type: expected string, got number',
  ],
  [{ properties: { x: string }, required: ['x'] }, {}, 'property "x" is required'],
  [{ type: 'object', required: ['x'] }, { y: 1 }, 'property "x" is required'],
  [{ dependencies: { b: ['a'] } }, { b: 1 }, 'property "a" is required when "b" is set'],
  [{ dependencies: { x: a } }, { x: 1 }, 'failed to validate dependent schema for "x": property "a" is required'],
  [
    { properties: { x: string }, dependencies: { x: { not: a } } },
    { x: '', a: 1 },
    'failed to validate dependent schema for "x": value wasn\'t supposed to match schema',
  ],
  [
    { patternProperties: { '.*': string } },
    { env: 1 },
    'failed to validate env (matching ".*"): wrong type: expected string, got number',
  ],
  [
    { additionalProperties: string, properties: { known: {} } },
    { known: 1, p: 1 },
    'failed to validate additional property p: wrong type: expected string, got number',
  ],
  [{ additionalProperties: false }, { foo: 1 }, 'additional properties forbidden, found foo'],
  [{ type: 'object', minProperties: 1 }, {}, 'expect object to have at least 1 properties'],
  [{ type: 'object', maxProperties: 1 }, { a: 1, b: 1 }, 'expect object to have at most 1 properties'],
  // arrays
  [{ type: 'array', minItems: 1 }, [], 'expect array to have at least 1 items'],
  [{ type: 'array', maxItems: 1 }, [1, 2], 'expect array to have at most 1 items'],
  [{ type: 'array', items: string }, ['', 2], 'failed to validate item 2: wrong type: expected string, got number'],
  [{ items: [string, string] }, ['', 2], 'failed to validate item 2: wrong type: expected string, got number'],
  [{ uniqueItems: true }, [3, 3], 'expected unique items but items 1 and 2 are equal'],
  [{ uniqueItems: true }, [3, 4, 3], 'expected unique items but items 1 and 3 are equal'],
  // strings
  [{ minLength: 1 }, '', 'string too short, expected at least 1, got 0'],
  [{ maxLength: 2 }, 'ééé', 'string too long, expected at most 2, got 3'],
  [{ maxLength: 2 }, '😀😀', 'ok'],
  [{ pattern: '^\\d+$' }, 'a"\\', 'failed to match pattern "^\\\\d+$" with "a\\"\\\\"'],
  [{ enum: ['a', 'b'] }, 'c', 'matches none of the enum values'],
  [{ type: 'string', minLength: 50, pattern: 'x' }, '$secret://vault/1/a', 'ok'],
  [{ type: 'string', maxLength: 5 }, '$env://A_LONG_NAME', 'ok'],
  [{ anyOf: [{ type: 'string', pattern: '^x' }] }, '$ENV://A', 'ok'],
  // numbers
  [{ minimum: 1 }, 0, 'expected 0 to be at least 1'],
  [{ exclusiveMinimum: 0 }, 0, 'expected 0 to be greater than 0'],
  [{ maximum: 65535 }, 65536, 'expected 65536 to be at most 65535'],
  [{ exclusiveMaximum: 1 }, 1.5, 'expected 1.5 to be smaller than 1'],
  [{ multipleOf: 2 }, 5, 'expected 5 to be a multiple of 2'],
  // combinations
  [
    { allOf: [upTo(5), upTo(1)] },
    { a: 2 },
    'allOf 2 failed: property "a" validation failed: expected 2 to be at most 1',
  ],
  [{ anyOf: [string, { type: 'integer' }] }, true, 'object matches none of the required'],
  [
    { anyOf: [{ required: ['a', 'b'] }, { required: ['c'] }] },
    {},
    'object matches none of the required: ["a","b"] or ["c"]',
  ],
  [{ oneOf: [a, b] }, {}, 'value should match only one schema, but matches none'],
  [{ oneOf: [a, {}, b] }, { b: 1 }, 'value should match only one schema, but matches both schemas 2 and 3'],
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  [{ if: a, then: b }, { a: 1 }, 'then clause did not match'],
  [{ if: a, else: b }, { c: 1 }, 'else clause did not match'],
  [{ not: string }, '', "value wasn't supposed to match schema"],
  [{ format: 'ipv4' }, 'x', 'expect valid ipv4 format but got: x'],
  [{ const: 1 }, 2, 'failed to check const value'],
  // order, references, other keywords
  [{ type: 'string', enum: ['a'], minLength: 2 }, 'b', 'string too short, expected at least 2, got 1'],
  [
    { required: ['z'], properties: { x: string } },
    { x: 1 },
    'property "x" validation failed: wrong type: expected string, got number',
  ],
  [
    { definitions: { 'a/b': string }, properties: { x: { $ref: '#/definitions/a~1b' } } },
    { x: 1 },
    'property "x" validation failed: wrong type: expected string, got number',
  ],
  [
    { properties: { x: { contains: { const: 1 } } } },
    { x: [] },
    'property "x" validation failed: must contain at least 1 valid item(s)',
  ],
  // Lua's empty table, defaults
  [{ type: 'object' }, [], 'ok'],
  [{ properties: { x: { type: 'array' } } }, { x: {} }, 'ok'],
  [{ items: { type: 'object', required: ['a'] } }, [[]], 'failed to validate item 1: property "a" is required'],
  [{ properties: { x: { default: 1 } }, required: ['x'] }, {}, 'ok'],
]

for (const [schema, value, text] of cases) {
  test(`${JSON.stringify(schema)} of ${JSON.stringify(value)}: ${text}`, () => {
    assert.equal(textOf(schema, value), text)
  })
}

test('defaults are filled into a copy', () => {
  const value = {}
  const result = compile({ properties: { x: { default: 1 } } })(value)
  assert.deepEqual(result, { ok: true, filled: { x: 1 } })
  assert.deepEqual(value, {})
})
