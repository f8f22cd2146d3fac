import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../src/nearest.ts'

test('suggests what a mistyped word most likely means, and nothing for a stranger', () => {
  const words = ['start', 'init', 'check-config']
  assert.equal(nearest('strat', words), 'start')
  assert.equal(nearest('Init', words), 'init')
  assert.equal(nearest('check-confg', words), 'check-config')
  assert.equal(nearest('checkconfig', words), 'check-config')
  assert.equal(nearest('reload', words), undefined)
  assert.equal(nearest('', words), undefined)
})
