import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { Command } from '../src/command.ts'
import { CommandSet } from '../src/command-set.ts'
import { KafkaError } from '../src/errors.ts'

function command(options: { signal?: AbortSignal; ms?: number } = {}): Command {
  const timeoutMs = options.ms ?? 60_000
  return new Command({ deadline: performance.now() + timeoutMs, timeoutMs, signal: options.signal })
}

test('an abort ends every wait and leaves no listener', async () => {
  const controller = new AbortController()
  const waiting = command({ signal: controller.signal })
  const waits = [waiting.race(new Promise(() => {})), waiting.sleep(60_000)]
  controller.abort()
  for (const wait of waits) await assert.rejects(wait, { code: 'KAFKA_ABORTED' })
  assert.equal(waiting.error?.code, 'KAFKA_ABORTED')
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
})

test('a finished command no longer listens', () => {
  const controller = new AbortController()
  const done = command({ signal: controller.signal })
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1)
  done.finish()
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  controller.abort()
  assert.equal(done.error, undefined)
})

test('what is not a signal can abort too', async () => {
  let giveUp = (): void => assert.fail('nothing to call')
  const late = performance.now() + 60_000
  const onAbort = (call: () => void): void => {
    giveUp = call
  }
  const waiting = new Command({ deadline: late, timeoutMs: 60_000, onAbort })
  const wait = waiting.sleep(60_000)
  giveUp()
  await assert.rejects(wait, { code: 'KAFKA_ABORTED' })
  const done = new Command({ deadline: late, timeoutMs: 60_000, onAbort })
  done.finish()
  giveUp()
  assert.equal(done.error, undefined)
})

test('the deadline says what was waited for and what had failed before', async () => {
  const late = new CommandSet().begin({ deadline: performance.now() + 5, timeoutMs: 5 })
  late.waitsFor('Fetch from broker b:9092')
  late.failedWith(new KafkaError('KAFKA_DISCONNECTED', 'broker b:9092 closed the connection', { broker: 'b:9092' }))
  await assert.rejects(late.race(new Promise(() => {})), {
    code: 'KAFKA_TIMEOUT',
    broker: 'b:9092',
    message:
      'no answer within 5 ms, waiting for Fetch from broker b:9092; before that: broker b:9092 closed the connection',
  })
})

test('a command that is over before it began waits for nothing', async () => {
  await assert.rejects(command({ signal: AbortSignal.abort() }).sleep(60_000), { code: 'KAFKA_ABORTED' })
  const late = new Command({ deadline: performance.now() - 1, timeoutMs: 0 })
  await assert.rejects(late.race(Promise.resolve(1)), { code: 'KAFKA_TIMEOUT' })
})

test('the first reason stays', () => {
  const twice = command()
  twice.cancel(new KafkaError('KAFKA_CLOSED', 'closed'))
  twice.cancel(new KafkaError('KAFKA_ABORTED', 'aborted'))
  assert.equal(twice.error?.code, 'KAFKA_CLOSED')
})

test('a wait that ends well gives its result', async () => {
  const fine = command()
  assert.equal(await fine.race(Promise.resolve(7)), 7)
  await fine.sleep(0)
  fine.finish()
})
