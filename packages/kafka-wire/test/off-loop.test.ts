import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { TranscodeThread } from '../src/thread/transcode-thread.ts'
import { ClusterBed, until } from './support/cluster-bed.ts'
import { encodeBatch } from './support/encode-batch.ts'
import { Gate } from './support/gated-worker.ts'

const bed = new ClusterBed()

// A megabyte that gzip does not bring to nothing.
const value = Buffer.from(Array.from({ length: 260_000 }, (_, index) => (index * 48_271) % 0x7fff_ffff).join(' '))
const large = encodeBatch({ baseOffset: 0n, codec: 'gzip', records: [{ offsetDelta: 0, value }] })
const small = encodeBatch({ baseOffset: 0n, codec: 'gzip', records: [{ offsetDelta: 0, value: Buffer.from('small') }] })

/** Decompressed beside the event loop, by a thread that a test holds. */
describe('a large compressed answer', () => {
  let gate = new Gate()

  beforeEach(async () => {
    await bed.cluster.close()
    gate = new Gate()
    bed.cluster = bed.create({ thread: new TranscodeThread(gate.start) })
    bed.fake.partitionCount = 3
    bed.fake.onFetch = ({ partition }) => ({ highWatermark: 1n, records: partition === 2 ? small : large })
  })
  afterEach(() => gate.close())

  test('holds up nothing else, and comes whole', async () => {
    let answered = false
    const asked = bed.fetch().finally(() => {
      answered = true
    })
    await until(() => gate.threads.length === 1)
    assert.equal(await bed.list(-1n), 0n)
    assert.equal((await bed.fetch({ partition: 2 })).recordCount, 1)
    assert.equal(answered, false)
    assert.equal(bed.cluster.stats().outstandingSlabs, 1)
    gate.open()
    const { text, recordCount, nextOffset } = await asked
    assert.deepEqual([recordCount, nextOffset], [1, 1n])
    assert.ok(text.endsWith(value.toString('latin1')))
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('is shared by all who ask for it, and given back with the last of them', async () => {
    gate.open()
    const answers = await Promise.all([0, 1, 2, 3].map(() => bed.fetch()))
    for (const { text } of answers) assert.ok(text.endsWith(value.toString('latin1')))
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('is not waited for by the other partitions of its broker', async () => {
    const first = bed.fetch()
    const second = bed.fetch({ partition: 1 })
    await until(() => gate.threads.length === 1)
    assert.equal((await bed.fetch({ partition: 2 })).recordCount, 1)
    gate.open()
    assert.deepEqual([(await first).recordCount, (await second).recordCount], [1, 1])
  })

  test('frees everything when its client leaves', async () => {
    const controller = new AbortController()
    const asked = bed.fetch({ signal: controller.signal })
    await until(() => gate.threads.length === 1)
    controller.abort()
    await assert.rejects(asked, { code: 'KAFKA_ABORTED' })
    assert.deepEqual([bed.cluster.stats().outstandingSlabs, bed.cluster.stats().commands], [0, 0])
    gate.open()
    assert.equal((await bed.fetch({ partition: 1 })).recordCount, 1)
  })

  test('ends with its command', async () => {
    const asked = bed.fetch({ deadline: performance.now() + 20 })
    await assert.rejects(asked, { code: 'KAFKA_TIMEOUT' })
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('fails with its thread, which the next one replaces', async () => {
    const asked = bed.fetch()
    await until(() => gate.threads.length === 1)
    const failed = assert.rejects(asked, { code: 'KAFKA_DECOMPRESSION_FAILED', message: /send the command again/ })
    await gate.threads[0]?.terminate()
    await failed
    gate.open()
    assert.equal((await bed.fetch()).recordCount, 1)
  })

  test('ends with the cluster', async () => {
    const asked = bed.fetch()
    const failed = assert.rejects(asked, { code: 'KAFKA_CLOSED' })
    await until(() => gate.threads.length === 1)
    await bed.cluster.close()
    await failed
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })
})
