import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { refused } from './support/fake-broker.ts'
import { type FetchAsked, writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()

const one = ({ offset }: FetchAsked) => ({ highWatermark: 99n, records: batch(offset, `at ${offset}`) })

/** So many reads of one partition at different offsets, held by the broker as far as they were sent. */
async function readAhead(count: number): Promise<Promise<{ readonly text: string }>[]> {
  await bed.list(-1n)
  bed.fake.onFetch = () => 'hold'
  return Array.from({ length: count }, (_, offset) => bed.fetch({ offset: BigInt(offset) }))
}

function answerAll(): void {
  bed.fake.onFetch = one
  for (const held of bed.fake.held.splice(0)) {
    const [asked] = bed.fake.asksOf.get(held) ?? assert.fail('a request that was not read')
    assert.ok(asked)
    held.answer((writer) => writeFetch(writer, one(asked)))
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('reads of one partition that queue get further connections, which are given back', async () => {
  const reads = await readAhead(20)
  await until(() => bed.fake.held.length > 16)
  assert.equal(bed.cluster.stats().connections, 2)
  answerAll()
  for (const [offset, read] of reads.entries()) assert.match((await read).text, new RegExp(`at ${offset}$`))
  assert.equal(bed.fake.asked(1), 20)
  const idle = bed.cluster.stats().connections
  // A poll finds the connection that was given back.
  bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: 5n })
  const poll = bed.fetch({ offset: 5n, maxWaitMs: 50_000 })
  await until(() => bed.fake.held.length === 1)
  assert.equal(bed.cluster.stats().connections, idle)
  answerAll()
  await poll
})

test('no more than so many', async () => {
  const reads = await readAhead(200)
  // 16 on the first one, which no other was open beside, and four on each of the others.
  await until(() => bed.fake.held.length === 44)
  await settle()
  assert.deepEqual([bed.cluster.stats().connections, bed.fake.held.length], [8, 44])
  answerAll()
  await Promise.all(reads)
})

test('a read goes on without the further connection when it cannot be opened', async () => {
  await bed.list(-1n)
  bed.fake.brokers.refuse('one.example', 9092, refused())
  const reads = await readAhead(20)
  await until(() => bed.fake.held.length === 16)
  await settle()
  answerAll()
  await Promise.all(reads)
  assert.deepEqual([bed.cluster.stats().connections, bed.fake.asked(1)], [1, 20])
})

test('what a further connection takes with it is asked again', async () => {
  const reads = await readAhead(20)
  await until(() => bed.fake.held.length > 16)
  bed.fake.onFetch = one
  bed.fake.held.at(-1)?.stream.destroy()
  answerAll()
  await Promise.all(reads)
  assert.ok(bed.retries.length > 0)
})
