import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningCall } from '../src/call.ts'

test('everyone who listens is told once why a command is given up, late listeners at once', () => {
  const call = new RunningCall(1n, 0, (bytes) => bytes)
  const told: unknown[] = []
  call.onAbort((reason) => told.push(['first', reason]))
  call.onAbort((reason) => told.push(['second', reason]))
  const gone = new Error('the client is gone')
  const { signal } = call
  call.abort(gone)
  call.abort(new Error('again'))
  call.onAbort((reason) => told.push(['late', reason]))
  assert.deepEqual(told, [
    ['first', gone],
    ['second', gone],
    ['late', gone],
  ])
  assert.equal(signal.reason, gone)
})

test('a signal looked at after the end is aborted', () => {
  const call = new RunningCall(1n, 0, (bytes) => bytes)
  const gone = new Error('the client is gone')
  call.abort(gone)
  assert.equal(call.signal.reason, gone)
})
