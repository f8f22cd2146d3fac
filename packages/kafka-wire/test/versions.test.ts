import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseVersion } from '../src/versions.ts'

const api = { apiKey: 1, apiName: 'Fetch', min: 4, max: 17 }

test('chooses the newest version that both speak', () => {
  assert.equal(chooseVersion(new Map([[1, { min: 4, max: 11 }]]), api, 'b:1'), 11)
  assert.equal(chooseVersion(new Map([[1, { min: 0, max: 99 }]]), api, 'b:1'), 17)
  assert.equal(chooseVersion(new Map([[1, { min: 17, max: 99 }]]), api, 'b:1'), 17)
})

test('says which broker has no version in common, and which there are', () => {
  const choose = (min: number, max: number): number => chooseVersion(new Map([[1, { min, max }]]), api, 'b:1')
  const code = 'KAFKA_BROKER_TOO_OLD'
  assert.throws(() => choose(0, 3), {
    code,
    message: /broker b:1 serves Fetch v0 to v3, but v4 to v17 are spoken here/,
  })
  assert.throws(() => choose(18, 20), { code, message: /serves Fetch v18 to v20/ })
  assert.throws(() => chooseVersion(new Map(), api, 'b:1'), { code, message: /broker b:1 does not serve Fetch/ })
})
