import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTrouble } from '../src/log-line.ts'

test('a warning is shown with its fields', () => {
  const entry = {
    level: 'warn',
    time: 'now',
    method: 'GET',
    remoteAddress: '127.0.0.1',
    reason: 'no key',
    msg: 'refused',
  }
  assert.equal(describeTrouble(entry), 'refused (method: GET, remoteAddress: 127.0.0.1, reason: no key)')
  assert.equal(describeTrouble({ level: 'warn', msg: 'odd', brokers: ['a:1'] }), 'odd (brokers: ["a:1"])')
  assert.equal(describeTrouble({ level: 'fatal', msg: 'alone' }), 'alone')
})

test('an error is shown by its message, on one line that does not control the terminal', () => {
  const err = { type: 'Error', message: 'broke\n  here\u001b[2J', stack: 'Error: broke\n    at x' }
  assert.equal(describeTrouble({ level: 'error', err, msg: 'failed' }), 'failed (error: broke here [2J)')
})

test('what is no trouble is not shown', () => {
  assert.equal(describeTrouble({ level: 'info', msg: 'ready' }), undefined)
  assert.equal(describeTrouble({}), undefined)
})
