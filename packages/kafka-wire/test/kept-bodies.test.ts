import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed } from './support/cluster-bed.ts'
import type { FetchAsked } from './support/fake-cluster.ts'

const bed = new ClusterBed()
const value = 'x'.repeat(40_000)
const maxBytes = 100_000

/** A log with one large record at 0 and one at 1, whose end is 2. */
function serve(more: { readonly errorCode?: number } = {}): FetchAsked[] {
  const asked: FetchAsked[] = []
  bed.fake.onFetch = (fetch) => {
    asked.push(fetch)
    const records = fetch.offset < 2n ? batch(fetch.offset, value) : Buffer.alloc(0)
    return { highWatermark: 2n, records, ...more }
  }
  return asked
}

const read = () => bed.fetch({ offset: 0n, maxBytes })

/** An answer that is kept for whoever reads the same. */
describe('what is read again', () => {
  test('is confirmed by the broker and not read', async () => {
    const asked = serve()
    const answers = [await read(), await read(), await read(), await read()]
    for (const { text, recordCount, nextOffset, highWatermark, position } of answers) {
      assert.ok(text.endsWith(value))
      assert.deepEqual([recordCount, nextOffset, highWatermark, position?.offset], [1, 1n, 2n, 1n])
    }
    assert.deepEqual(
      asked.map(({ offset, partitionMaxBytes }) => [offset, partitionMaxBytes]),
      [
        [0n, maxBytes],
        [0n, maxBytes],
        [2n, 1],
        [2n, 1],
      ],
    )
    assert.ok(bed.cluster.stats().cachedBytes >= value.length)
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('is read when the broker does not confirm it, and no more is kept of the partition', async () => {
    serve()
    for (let n = 0; n < 3; n++) await read()
    const asked: bigint[] = []
    bed.fake.onFetch = ({ offset }) => {
      asked.push(offset)
      if (offset === 2n) return { errorCode: 1 }
      return { highWatermark: 2n, records: batch(0n, 'other') }
    }
    assert.ok((await read()).text.endsWith('other'))
    assert.deepEqual(asked, [2n, 0n])
    assert.equal(bed.cluster.stats().cachedBytes, 0)
  })

  test('is an error when reading it is one', async () => {
    serve()
    for (let n = 0; n < 3; n++) await read()
    serve({ errorCode: 29 })
    await assert.rejects(read(), { apiError: 'TOPIC_AUTHORIZATION_FAILED' })
    assert.equal(bed.cluster.stats().cachedBytes, 0)
  })

  test('is asked for by each command, which may end meanwhile', async () => {
    serve()
    for (let n = 0; n < 3; n++) await read()
    bed.fake.onFetch = () => 'hold'
    const controller = new AbortController()
    const asked = bed.fetch({ offset: 0n, maxBytes, signal: controller.signal })
    controller.abort()
    await assert.rejects(asked, { code: 'KAFKA_ABORTED' })
  })

  test('is read each time where nothing is to be kept', async () => {
    await bed.cluster.close()
    bed.cluster = bed.create({ limits: { maxCacheBytes: 0 } })
    const asked = serve()
    for (let n = 0; n < 4; n++) await read()
    assert.deepEqual(
      asked.map(({ offset }) => offset),
      [0n, 0n, 0n, 0n],
    )
    assert.equal(bed.cluster.stats().cachedBytes, 0)
  })
})
