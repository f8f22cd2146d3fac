import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restartDelay } from '../../src/workers/restart-delay.ts'

test('the delay doubles from 100 ms to 30 s', () => {
  assert.deepEqual([1, 2, 3, 9, 10, 2000].map(restartDelay), [100, 200, 400, 25_600, 30_000, 30_000])
})
