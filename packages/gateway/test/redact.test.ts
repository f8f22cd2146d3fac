import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from '../src/redact.ts'

test('masks secret fields at any depth and keeps the rest', () => {
  const error = new Error('kept')
  const fields = {
    key: '/routes/1',
    err: error,
    headers: { 'X-API-KEY': 'canary', authorization: 'canary', host: 'kept' },
    route: { plugins: { 'kafka-proxy': { sasl: { username: 'canary', password: 'canary' } } } },
    upstream: { tls: { client_key: 'canary', clientKey: 'canary', verify: true } },
    list: [{ token: 'canary', id: 1 }],
  }
  const redacted = redact(fields)
  assert.deepEqual(redacted, {
    key: '/routes/1',
    err: error,
    headers: { 'X-API-KEY': '******', authorization: '******', host: 'kept' },
    route: { plugins: { 'kafka-proxy': { sasl: '******' } } },
    upstream: { tls: { client_key: '******', clientKey: '******', verify: true } },
    list: [{ token: '******', id: 1 }],
  })
  assert.equal(fields.headers.authorization, 'canary', 'the original is left as it was')
})
