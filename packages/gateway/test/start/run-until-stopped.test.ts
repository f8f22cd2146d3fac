import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { runUntilStopped } from '../../src/start/run-until-stopped.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

function start(close: () => Promise<void>) {
  const source = new EventEmitter()
  const log = createRecordedLog()
  const exits: number[] = []
  const survives = (error: unknown) => error instanceof RangeError
  const code = runUntilStopped({ source, log, survives, close, exit: (value) => exits.push(value) })
  return { source, log, exits, code }
}

for (const [event, reason] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  ['disconnect', 'the parent process is gone'],
] as const) {
  test(`${event} closes and exits with 0`, async () => {
    let closed = 0
    const { source, log, exits, code } = start(async () => {
      closed++
    })
    source.emit(event)
    assert.equal(await code, 0)
    assert.equal(closed, 1)
    assert.deepEqual(exits, [])
    assert.deepEqual(log.lines, [`info ${reason}: finishing what is in flight`])
    assert.deepEqual(source.eventNames(), [], 'no handler is left')
  })
}

test('a second signal exits at once with 1', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { source, log, exits, code } = start(() => promise)
  source.emit('SIGTERM')
  source.emit('disconnect')
  assert.deepEqual(exits, [], 'a parent that ends does not hurry the close')
  source.emit('SIGTERM')
  assert.deepEqual(exits, [1])
  assert.equal(log.lines.at(-1), 'error SIGTERM again: exiting at once')
  resolve()
  assert.equal(await code, 0)
})

test('a failed close exits with 1', async () => {
  const { source, log, code } = start(() => Promise.reject(new Error('stuck')))
  source.emit('SIGINT')
  assert.equal(await code, 1)
  assert.equal(log.lines.at(-1), 'error closing failed')
})

test('an error that nothing caught is logged and exits with 1', async () => {
  const { source, log, exits, code } = start(async () => {})
  source.emit('uncaughtException', new Error('unforeseen'))
  assert.deepEqual(exits, [1])
  assert.deepEqual(log.lines, ['fatal an error that nothing caught: exiting'])
  source.emit('SIGTERM')
  await code
})

test('an error that is dealt with ends nothing', async () => {
  const { source, exits, code } = start(async () => {})
  source.emit('uncaughtException', new RangeError('of a package'))
  assert.deepEqual(exits, [])
  source.emit('uncaughtException', new TypeError('of the gateway'))
  assert.deepEqual(exits, [1])
  source.emit('SIGTERM')
  assert.equal(await code, 0)
})
