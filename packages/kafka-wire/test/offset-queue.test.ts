import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterBed, until } from './support/cluster-bed.ts'
import { writeOffsets } from './support/fake-cluster.ts'

const bed = new ClusterBed()

/** What each request asked for after those that were held, as `partition@timestamp`. */
let requests: string[][]

/** As many look-ups under way as go at once, of partitions 6 to 9; what comes after them queues. */
async function fillUp(): Promise<Promise<bigint>[]> {
  bed.fake.partitionCount = 10
  await bed.list(-1n)
  bed.fake.onListOffsets = () => 'hold'
  const first = [6, 7, 8, 9].map((partition) => bed.list(-1n, 'orders', partition))
  await until(() => bed.fake.held.length === 4)
  return first
}

function answerAll(errors: ReadonlyMap<number, number> = new Map()): void {
  requests = []
  let last = 0
  bed.fake.onListOffsets = (timestamp, _isolation, _broker, partition) => {
    if (bed.fake.asked(2) !== last) requests.push([])
    last = bed.fake.asked(2)
    requests.at(-1)?.push(`${partition}@${timestamp}`)
    return { errorCode: errors.get(partition) ?? 0, offset: BigInt(partition) * 100n - timestamp }
  }
  for (const [index, held] of bed.fake.held.splice(0).entries())
    held.answer((writer) => writeOffsets(writer, { partition: index + 6, offset: 1n }))
}

describe('look-ups that have to queue', () => {
  test('are made one where they are equal, and go out together where the partitions differ', async () => {
    const first = await fillUp()
    const queued = [1, 2, 3, 1, 1].map((partition) => bed.list(-1n, 'orders', partition))
    answerAll()
    assert.deepEqual(await Promise.all(first), [1n, 1n, 1n, 1n])
    assert.deepEqual(await Promise.all(queued), [101n, 201n, 301n, 101n, 101n])
    assert.deepEqual(requests, [['1@-1', '2@-1', '3@-1']])
  })

  test('go in different requests where they are of one partition', async () => {
    const first = await fillUp()
    const queued = [-1n, -2n, 1234n].map((timestamp) => bed.list(timestamp, 'orders', 1))
    const other = bed.list(-2n, 'orders', 2)
    answerAll()
    await Promise.all([...first, other])
    assert.deepEqual(await Promise.all(queued), [101n, 102n, -1134n])
    assert.deepEqual(requests, [['1@-1', '2@-2'], ['1@-2'], ['1@1234']])
  })

  test('go in different requests where an older broker may not know the one', async () => {
    const first = await fillUp()
    const queued = [bed.list(-1n, 'orders', 1), bed.list(-3n, 'orders', 2)]
    answerAll()
    await Promise.all([...first, ...queued])
    assert.deepEqual(requests, [['1@-1'], ['2@-3']])
  })

  test('go in different requests where the isolation levels differ', async () => {
    const first = await fillUp()
    const committed = bed.cluster.listOffset({
      topic: 'orders',
      partition: 1,
      timestamp: -1n,
      isolation: 'read_committed',
    })
    const queued = bed.list(-1n, 'orders', 2)
    answerAll()
    await Promise.all([...first, committed, queued])
    assert.deepEqual(requests, [['1@-1'], ['2@-1']])
  })

  test('take nothing from each other when one is refused', async () => {
    const first = await fillUp()
    const queued = [1, 2, 3].map((partition) => bed.list(-1n, 'orders', partition))
    answerAll(new Map([[2, 29]]))
    await Promise.all(first)
    const [good, bad, alsoGood] = await Promise.allSettled(queued)
    assert.deepEqual([good?.status, alsoGood?.status], ['fulfilled', 'fulfilled'])
    assert.ok(bad?.status === 'rejected' && bad.reason.apiError === 'TOPIC_AUTHORIZATION_FAILED')
  })

  test('leave the queue with their command', async () => {
    const first = await fillUp()
    const controller = new AbortController()
    const question = { topic: 'orders', partition: 1, timestamp: -1n, isolation: 'read_uncommitted' } as const
    const gone = bed.cluster.listOffset({ ...question, signal: controller.signal })
    const stays = bed.list(-1n, 'orders', 2)
    controller.abort()
    await assert.rejects(gone, { code: 'KAFKA_ABORTED' })
    answerAll()
    await Promise.all([...first, stays])
    assert.deepEqual(requests, [['2@-1']])
  })

  test('fail with the connection, and are made again', async () => {
    const first = await fillUp()
    const queued = bed.list(-1n, 'orders', 1)
    bed.fake.onListOffsets = () => ({ offset: 5n })
    bed.fake.held.splice(0)[0]?.stream.destroy()
    assert.deepEqual(await Promise.all([...first, queued]), [5n, 5n, 5n, 5n, 5n])
  })
})

test('a look-up that was sent is not joined, for its answer may be older: equal ones share the next', async () => {
  await bed.list(-1n)
  bed.fake.onListOffsets = () => 'hold'
  const first = bed.list(-1n)
  await until(() => bed.fake.held.length === 1)
  const later = [bed.list(-1n), bed.list(-1n)]
  bed.fake.onListOffsets = () => ({ offset: 8n })
  bed.fake.held.shift()?.answer((writer) => writeOffsets(writer, { offset: 7n }))
  assert.deepEqual(await Promise.all([first, ...later]), [7n, 8n, 8n])
  assert.equal(bed.fake.asked(2), 3)
})
