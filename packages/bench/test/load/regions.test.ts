import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regionsOf } from '../../src/load/crowd-scan.ts'

test('regions cover the topic and do not overlap', () => {
  assert.deepEqual(regionsOf(10, 3), [
    { start: 0, end: 3 },
    { start: 3, end: 6 },
    { start: 6, end: 10 },
  ])
})
