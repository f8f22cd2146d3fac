import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { count } from '../src/count.ts'

describe('count', () => {
  const before = process.env.SLUICE_FULL
  beforeEach(() => {
    delete process.env.SLUICE_FULL
  })
  afterEach(() => {
    if (before === undefined) delete process.env.SLUICE_FULL
    else process.env.SLUICE_FULL = before
  })

  it('is the normal one, unless SLUICE_FULL is 1', () => {
    assert.equal(count(20, 200), 20)
    process.env.SLUICE_FULL = '1'
    assert.equal(count(20, 200), 200)
  })
})
