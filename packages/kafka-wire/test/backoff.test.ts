import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from '../src/backoff.ts'

test('doubles from 100 ms to 10 s, with 20 % jitter either way', () => {
  const middle = [0, 1, 2, 6, 7, 100].map((attempt) => Math.round(backoffMs(attempt, () => 0.5)))
  assert.deepEqual(middle, [100, 200, 400, 6400, 10_000, 10_000])
  assert.equal(
    backoffMs(0, () => 0),
    80,
  )
  assert.equal(Math.round(backoffMs(0, () => 1)), 120)
})
