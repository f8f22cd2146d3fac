import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonBody } from '../src/json-body.ts'

const valid = [
  '0',
  '"a"',
  '[]',
  ' {"a":{"a":1},"b":[{"a":1},{"a":2}]} ',
  '{"a":"{\\"a\\":1,\\"a\\":2}","\\\\":1,"\\"":2}',
  '{"a" \n: 1, "b":["a","a"], "c":{"b":"a"}}',
]

for (const text of valid) {
  test(`reads ${text}`, () => {
    assert.deepEqual(parseJsonBody(Buffer.from(text)), JSON.parse(text))
  })
}

const refused: readonly (readonly [text: string | Buffer, reason: RegExp])[] = [
  [' ', /Unexpected end of JSON input/],
  ['{"a":1,"a":1}', /the key "a" is given twice in one object/],
  ['{"a":[{"b":1,"c":{},"b":2}]}', /the key "b" is given twice/],
  ['{"\\u0061":1,"a" :1}', /the key "a" is given twice/],
  ['{"x":[{"__proto__":1}]}', /the key "__proto__" is not allowed/],
  ['{"\\u005f_proto__":1}', /the key "__proto__" is not allowed/],
  [Buffer.from([0x22, 0xff, 0x22]), /it is not UTF-8/],
  ['['.repeat(100_000), /Found too many nested data structures \(100000\)/],
  [`${'['.repeat(1001)}${']'.repeat(1001)}`, /Found too many nested data structures \(1001\)/],
  ['"unterminated', /Unterminated string/],
]

for (const [text, reason] of refused) {
  test(`refuses ${text.toString().slice(0, 40)}: ${reason.source}`, () => {
    assert.throws(() => parseJsonBody(Buffer.from(text)), { code: 'ADMIN_BODY_INVALID', message: reason })
  })
}

test('reads as deep as APISIX does', () => {
  const text = `${'['.repeat(1000)}${']'.repeat(1000)}`
  assert.equal(JSON.stringify(parseJsonBody(Buffer.from(text))), text)
})

test('knows a body that is not there', () => {
  assert.equal(parseJsonBody(Buffer.alloc(0)), undefined)
})
