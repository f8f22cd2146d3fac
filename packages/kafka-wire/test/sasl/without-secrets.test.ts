import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withoutSecrets } from '../../src/sasl/without-secrets.ts'

describe('text without secrets', () => {
  for (const [name, text, expected] of [
    ['as it is', 'no a/b.c"d here', 'no ****** here'],
    ['as JSON must write it', String.raw`{"got":"a/b.c\"d"}`, '{"got":"******"}'],
    ['as JSON may write it', String.raw`{"got":"a\/b\u002Ec\u0022d"}`, '{"got":"******"}'],
    ['in both ways', String.raw`a/b.c"d a\/b.c\"d`, '****** ******'],
    ['broken off in an escape', String.raw`a\/b.c\"d \u00`, '****** u00'],
  ] as const) {
    test(`has none: ${name}`, () => {
      assert.equal(withoutSecrets(text, ['', 'a/b.c"d']), expected)
    })
  }

  test('keeps its escapes where they hide nothing', () => {
    const text = String.raw`{"path":"C:\\dir\/x \u0041"}`
    assert.equal(withoutSecrets(text, ['a/b', '']), text)
  })
})
