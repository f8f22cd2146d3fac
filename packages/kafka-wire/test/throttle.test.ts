import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()

describe('a broker that throttles', () => {
  test('gets the next request when it reads again', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x'), throttleMs: 5000 })
    await bed.fetch()
    const second = bed.fetch()
    t.mock.timers.tick(4900)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(bed.fake.asked(1), 1)
    t.mock.timers.tick(100)
    assert.equal((await second).recordCount, 1)
  })

  test('and empties an answer is asked again, without a look at the metadata', async () => {
    bed.fake.onFetch = () =>
      bed.fake.asked(1) === 1 ? { isEmptied: true, throttleMs: 50 } : { highWatermark: 1n, records: batch(0n, 'x') }
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual([bed.retries, bed.fake.asked(3)], [['THROTTLING_QUOTA_EXCEEDED'], 1])
  })

  test('is not asked for metadata while another is there', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    bed.fake.onFetch = ({ broker }) =>
      broker === 2
        ? { highWatermark: 1n, records: batch(0n, 'x') }
        : { highWatermark: 1n, preferredReplica: 2, throttleMs: 60_000 }
    await bed.fetch()
    await assert.rejects(bed.fetch({ topic: 'payments' }), { code: 'KAFKA_TOPIC_NOT_FOUND' })
    const metadata = bed.fake.brokers.requests.filter(({ apiKey }) => apiKey === 3)
    assert.equal(metadata.at(-1)?.broker, 'two.example:9092')
  })

  test('is named by a command that ends meanwhile', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x'), throttleMs: 60_000 })
    await bed.fetch()
    await assert.rejects(bed.fetch({ deadline: performance.now() + 20 }), {
      code: 'KAFKA_TIMEOUT',
      message: /waiting for Fetch from broker one\.example:9092, which throttles this client/,
    })
  })

  test('is not taken for a silent one by what was sent before', async () => {
    const stallTimeoutMs = 20
    const throttleMs = 100
    bed.cluster = bed.create({ stallTimeoutMs })
    const one = { highWatermark: 1n, records: batch(0n, 'x') }
    bed.fake.onFetch = () => 'hold'
    await bed.list(-1n)
    const fetches = [bed.fetch(), bed.fetch({ maxBytes: 500 })]
    await until(() => bed.fake.held.length === 2)
    const [first, second] = bed.fake.held
    const began = performance.now()
    first?.answer((writer) => writeFetch(writer, { ...one, throttleMs }))
    await until(() => performance.now() - began > throttleMs)
    second?.answer((writer) => writeFetch(writer, one))
    await Promise.all(fetches)
    assert.deepEqual([bed.retries, bed.fake.asked(1)], [[], 2])
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
