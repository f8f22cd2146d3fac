import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from '../src/command.ts'
import { KafkaError } from '../src/errors.ts'
import { Turnstile } from '../src/turnstile.ts'

const command = (): Command => new Command({ deadline: performance.now() + 60_000, timeoutMs: 60_000 })
const never = Number.POSITIVE_INFINITY
const later = (): number => performance.now() + 60_000

test('lets in as many as there are places, the others in the order they came', async () => {
  const turnstile = new Turnstile(2)
  assert.deepEqual([await turnstile.enter(command(), never), await turnstile.enter(command(), never)], [true, true])
  const order: string[] = []
  const waiting = ['first', 'second'].map(async (name) => {
    await turnstile.enter(command(), later())
    order.push(name)
  })
  assert.equal(turnstile.queued, 2)
  turnstile.leave()
  await waiting[0]
  assert.deepEqual(order, ['first'])
  turnstile.leave()
  await waiting[1]
  assert.deepEqual([order, turnstile.queued], [['first', 'second'], 0])
  turnstile.leave()
  assert.equal(await turnstile.enter(command(), later()), true)
})

test('tells who waited in vain, and gives the place to the next', async () => {
  const turnstile = new Turnstile(1)
  await turnstile.enter(command(), never)
  assert.equal(await turnstile.enter(command(), performance.now() + 1), false)
  assert.equal(await turnstile.enter(command(), performance.now() - 1), false)
  const next = turnstile.enter(command(), later())
  turnstile.leave()
  assert.equal(await next, true)
})

test('a command that ends leaves the queue at once', async () => {
  const turnstile = new Turnstile(1)
  await turnstile.enter(command(), never)
  const [gone, next] = [command(), command()]
  const waits = [turnstile.enter(gone, later()), turnstile.enter(next, later())]
  gone.cancel(new KafkaError('KAFKA_ABORTED', 'aborted'))
  assert.equal(turnstile.queued, 1)
  await assert.rejects(waits[0] ?? assert.fail(), { code: 'KAFKA_ABORTED' })
  turnstile.leave()
  assert.equal(await waits[1], true)
  await assert.rejects(turnstile.enter(gone, later()), { code: 'KAFKA_ABORTED' })
})
