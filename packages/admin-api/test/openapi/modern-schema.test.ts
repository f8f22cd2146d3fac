import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/core'
import { modernSchema } from '../../src/openapi/modern-schema.ts'

const cases: readonly (readonly [what: string, schema: JsonObject, modern: JsonObject])[] = [
  [
    'dependencies on names and on schemas',
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
  ],
  [
    'a list of items',
    { items: [{ type: 'string' }], additionalItems: { dependencies: { a: ['b'] } } },
    { prefixItems: [{ type: 'string' }], items: { dependentRequired: { a: ['b'] } } },
  ],
  [
    'schemas inside of schemas',
    {
      properties: { dependencies: { type: 'object', dependencies: { a: ['b'] } } },
      patternProperties: { x: { dependencies: { a: ['b'] } } },
      additionalProperties: { dependencies: { a: ['b'] } },
      anyOf: [{ not: { dependencies: { a: ['b'] } } }, true],
      items: { dependencies: { a: ['b'] } },
    },
    {
      properties: { dependencies: { type: 'object', dependentRequired: { a: ['b'] } } },
      patternProperties: { x: { dependentRequired: { a: ['b'] } } },
      additionalProperties: { dependentRequired: { a: ['b'] } },
      anyOf: [{ not: { dependentRequired: { a: ['b'] } } }, true],
      items: { dependentRequired: { a: ['b'] } },
    },
  ],
  [
    'what only looks like a schema',
    { default: { dependencies: { a: ['b'] } }, enum: [{ items: [] }], additionalProperties: false },
    { default: { dependencies: { a: ['b'] } }, enum: [{ items: [] }], additionalProperties: false },
  ],
]

for (const [what, schema, modern] of cases) {
  test(`brings to draft 2020-12: ${what}`, () => assert.deepEqual(modernSchema(schema), modern))
}
