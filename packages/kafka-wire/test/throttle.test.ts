import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed } from './support/cluster-bed.ts'

const bed = new ClusterBed()

describe('a broker that throttles', () => {
  test('gets the next request when it reads again', async () => {
    const throttleMs = 200
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x'), throttleMs })
    await bed.fetch()
    const answered = performance.now()
    await bed.fetch()
    assert.ok(performance.now() - answered >= throttleMs - 1)
  })

  test('and empties an answer is asked again, without a look at the metadata', async () => {
    bed.fake.onFetch = () =>
      bed.fake.asked(1) === 1 ? { isEmptied: true, throttleMs: 50 } : { highWatermark: 1n, records: batch(0n, 'x') }
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual([bed.retries, bed.fake.asked(3)], [['THROTTLING_QUOTA_EXCEEDED'], 1])
  })

  test('is named by a command that ends meanwhile', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x'), throttleMs: 60_000 })
    await bed.fetch()
    await assert.rejects(bed.fetch({ deadline: performance.now() + 20 }), {
      code: 'KAFKA_TIMEOUT',
      message: /waiting for Fetch from broker one\.example:9092, which throttles this client/,
    })
  })

  test('for a year is waited for no longer than a minute', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x'), throttleMs: 0x7fffffff })
    await bed.fetch()
    const second = bed.fetch()
    t.mock.timers.tick(60_000)
    assert.equal((await second).recordCount, 1)
  })
})
