import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../src/json.ts'
import { canonicalJson, mapPaths } from '../src/json-fields.ts'

const cases: readonly (readonly [value: JsonObject, path: string, mapped: JsonObject])[] = [
  [{ sasl: { password: 'x', username: 'u' } }, 'sasl.password', { sasl: { password: '[x]', username: 'u' } }],
  [{ key: 'x' }, 'key', { key: '[x]' }],
  [{ keys: ['x', 'y'] }, 'keys', { keys: ['[x]', '[y]'] }],
  [{ keys: { a: 'x', n: 1 } }, 'keys', { keys: { a: '[x]', n: 1 } }],
  [{ list: [{ key: 'x' }, { other: 'y' }] }, 'list.key', { list: [{ key: '[x]' }, { other: 'y' }] }],
  [{ sasl: 'x' }, 'sasl.password', { sasl: 'x' }],
  [{ key: 5 }, 'key', { key: 5 }],
  [{}, 'constructor', {}],
]

for (const [value, path, mapped] of cases) {
  test(`changes ${path} in ${JSON.stringify(value)}`, () => {
    const before = structuredClone(value)
    assert.deepEqual(
      mapPaths(value, [path], (text) => `[${text}]`),
      mapped,
    )
    assert.deepEqual(value, before)
  })
}

test('tells where each string stands', () => {
  const seen: string[] = []
  const value = { a: [{ key: 'x' }, { key: ['y', 'z'] }], b: { c: { d: 'w' } } }
  mapPaths(value, ['a.key', 'b.c'], (text, location) => {
    seen.push(`${location}=${text}`)
    return text
  })
  assert.deepEqual(seen, ['a.0.key=x', 'a.1.key.0=y', 'a.1.key.1=z', 'b.c.d=w'])
})

test('canonical JSON is the same for equal values, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse())
      assert.equal(canonicalJson(reversed), canonicalJson(object))
      assert.deepEqual(JSON.parse(canonicalJson(object)), JSON.parse(JSON.stringify(object)))
    }),
  )
})
