import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchTexts } from '../src/search-text.ts'

test('searches every text', () => {
  assert.deepEqual(searchTexts('name', '^a.c$', ['abc', 'xabc', 'a\nc', '']), [true, false, false, false])
})

test('cuts off a pattern that backtracks without end', () => {
  assert.throws(() => searchTexts('name', '^(a+)+$', [`${'a'.repeat(60)}!`]), {
    code: 'ADMIN_REQUEST_INVALID',
    message: 'invalid argument name: the regular expression takes too long',
  })
})
