import assert from 'node:assert/strict'
import { test } from 'node:test'
import { luaNumber, luaQuote, luaType } from '../../src/validate/lua-text.ts'

const numbers: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-1, '-1'],
  [65536, '65536'],
  [0.1, '0.1'],
  [1 / 3, '0.33333333333333'],
  [99999999999999, '99999999999999'],
  [100000000000000, '1e+14'],
  [1.5e300, '1.5e+300'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [0.1 + 0.2, '0.3'],
]

for (const [value, text] of numbers) {
  test(`shows ${value} as ${text}`, () => {
    assert.equal(luaNumber(value), text)
  })
}

test('quotes strings as %q does', () => {
  assert.equal(luaQuote('^\\S+$'), '"^\\\\S+$"')
  assert.equal(luaQuote('a"b\r\0'), '"a\\"b\\r\\000"')
  assert.equal(luaQuote('a\nb'), '"a\\\nb"')
})

test('names types as Lua does', () => {
  assert.deepEqual([null, [], {}, 'a', 1, true].map(luaType), [
    'userdata',
    'table',
    'table',
    'string',
    'number',
    'boolean',
  ])
})
