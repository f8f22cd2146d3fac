import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { type FetchAsked, type FetchReply, writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()

/** As many fetches under way as a connection takes; what comes after them queues. */
async function fillUp(): Promise<Promise<unknown>[]> {
  bed.fake.partitionCount = 10
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  const first = [6, 7, 8, 9].map((partition) => bed.fetch({ partition }))
  await until(() => bed.fake.held.length === 4)
  return first
}

/** Answers what is held, and from now on everything. */
function answerAll(reply: (asked: FetchAsked) => FetchReply = one): void {
  bed.fake.onFetch = reply
  for (const held of bed.fake.held.splice(0)) {
    const [asked] = bed.fake.asksOf.get(held) ?? assert.fail('a request that was not read')
    assert.ok(asked)
    held.answer((writer) => writeFetch(writer, { partition: asked.partition, ...reply(asked) }))
  }
}

const one = ({ partition, offset }: FetchAsked) => ({
  highWatermark: 9n,
  records: batch(offset, `${partition}/${offset}`),
})

describe('fetches that have to queue', () => {
  test('are made one where they are equal, and go out together where the partitions differ', async () => {
    const first = await fillUp()
    const queued = [1, 2, 3, 1, 1, 2].map((partition) => bed.fetch({ partition }))
    const other = bed.fetch({ partition: 1, offset: 4n })
    answerAll()
    await Promise.all(first)
    const texts = (await Promise.all(queued)).map(({ text }) => text.slice(-3))
    assert.deepEqual(texts, ['1/0', '2/0', '3/0', '1/0', '1/0', '2/0'])
    assert.equal((await other).text.slice(-3), '1/4')
    assert.equal(bed.fake.asked(1), 6)
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('take nothing from each other when one is damaged', async () => {
    const first = await fillUp()
    const queued = [1, 2, 3].map((partition) => bed.fetch({ partition }))
    const damaged = batch(0n, 'x')
    damaged[66] = 0x55
    answerAll((asked) => (asked.partition === 2 ? { highWatermark: 9n, records: damaged } : one(asked)))
    await Promise.all(first)
    const [good, bad, alsoGood] = await Promise.allSettled(queued)
    assert.deepEqual([good?.status, alsoGood?.status], ['fulfilled', 'fulfilled'])
    assert.ok(bad?.status === 'rejected' && bad.reason.code === 'KAFKA_CORRUPT_BATCH')
  })

  test('go alone when a batch did not fit beside the others', async () => {
    const first = await fillUp()
    const queued = [1, 2].map((partition) => bed.fetch({ partition }))
    const requests: string[] = []
    answerAll((asked) => {
      requests.push(`${asked.partition} of ${asked.count}`)
      return asked.index === 0 ? one(asked) : { highWatermark: 9n }
    })
    await Promise.all([...first, ...queued])
    assert.deepEqual(requests.slice(4), ['1 of 2', '2 of 2', '2 of 1'])
  })

  test('leave the queue with their command', async () => {
    const first = await fillUp()
    const controller = new AbortController()
    const gone = bed.fetch({ partition: 1, signal: controller.signal })
    const stays = bed.fetch({ partition: 2 })
    controller.abort()
    await assert.rejects(gone, { code: 'KAFKA_ABORTED' })
    answerAll()
    await Promise.all([...first, stays])
    assert.equal(bed.fake.asked(1), 5)
  })

  test('fail with the connection, and are made again', async () => {
    const first = await fillUp()
    const queued = bed.fetch({ partition: 1 })
    bed.fake.onFetch = one
    bed.fake.held.splice(0)[0]?.stream.destroy()
    await Promise.all([...first, queued])
    assert.equal((await queued).recordCount, 1)
  })
})

test('a fetch that was sent is not joined, for its answer may be older: equal ones share the next', async () => {
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  const first = bed.fetch()
  await until(() => bed.fake.held.length === 1)
  const later = [bed.fetch(), bed.fetch(), bed.fetch()]
  answerAll(({ offset }) => ({ highWatermark: 1n, records: batch(offset, 'old') }))
  bed.fake.onFetch = ({ offset }) => ({ highWatermark: 1n, records: batch(offset, 'new') })
  assert.match((await first).text, /old/)
  for (const each of later) assert.match((await each).text, /new/)
  assert.equal(bed.fake.asked(1), 2)
})

test('other limits, another isolation level and another offset are other questions', async () => {
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  const questions = [{}, { maxBytes: 500 }, { isolation: 'read_committed' }, { offset: 1n }] as const
  const fetches = questions.map((question) => bed.fetch(question))
  await until(() => bed.fake.held.length === 4)
  answerAll()
  await Promise.all(fetches)
  assert.equal(bed.fake.asked(1), 4)
})

test('partitions go out together only at one isolation level', async () => {
  const first = await fillUp()
  const levels = ['read_committed', 'read_uncommitted', 'read_committed'] as const
  const queued = levels.map((isolation, partition) => bed.fetch({ partition, isolation }))
  const requests: string[] = []
  answerAll((asked) => {
    requests.push(`${asked.partition} of ${asked.count}`)
    return one(asked)
  })
  await Promise.all([...first, ...queued])
  assert.deepEqual(requests.slice(4).sort(), ['0 of 2', '1 of 1', '2 of 2'])
})

test('a client that asks for one offset of a partition after the other is not held up', async () => {
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  const ahead = Array.from({ length: 18 }, (_, offset) => bed.fetch({ offset: BigInt(offset) }))
  await until(() => bed.fake.held.length === 18)
  answerAll()
  for (const [offset, each] of ahead.entries()) assert.ok((await each).text.endsWith(`0/${offset}`))
  assert.equal(bed.fake.asked(1), 18)
})

test('a fetch is not held up by others that wait for the answer of an equal one', async () => {
  bed.fake.partitionCount = 2
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  const equal = [bed.fetch(), bed.fetch(), bed.fetch()]
  const other = bed.fetch({ partition: 1 })
  await until(() => bed.fake.held.length === 2)
  answerAll()
  await Promise.all([...equal, other])
  assert.equal(bed.fake.asked(1), 3)
})
