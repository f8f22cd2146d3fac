import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import type { FakeRequest } from './support/fake-broker.ts'
import type { FetchReply } from './support/fake-cluster.ts'

const bed = new ClusterBed()
const partitions = Array.from({ length: 12 }, (_, index) => index + 1)

/** Each held on its own, so that one request is left for everything else. */
const OTHERS = 3
let others: ReturnType<typeof bed.fetch>[] = []

const wait = (partition: number, offset = 5n) => bed.fetch({ partition, offset, maxWaitMs: 50_000 })
const record = (partition: number, offset = 5n) => ({
  partition,
  highWatermark: offset + 1n,
  records: batch(offset, `in ${partition}`),
})

function answer(request: FakeRequest, ...replies: readonly FetchReply[]): void {
  bed.fake.held.splice(bed.fake.held.indexOf(request), 1)
  bed.fake.answerHeld(request, ...replies)
}

function answerNothing(request: FakeRequest): void {
  const asked = bed.fake.asksOf.get(request) ?? []
  answer(request, ...asked.map(({ partition, offset }) => ({ partition, highWatermark: offset })))
}

/** The request that asks for so many partitions; those that ask for fewer are told that there is nothing yet. */
async function held(size: number) {
  for (;;) {
    await until(() => bed.fake.held.length > OTHERS)
    const request = bed.fake.held.at(-1)
    assert.ok(request)
    if (bed.fake.asksOf.get(request)?.length === size) return request
    answerNothing(request)
  }
}

/** Answers what the others wait for, and whatever is asked from now on. */
function answerAll(): void {
  bed.fake.onFetch = ({ partition, offset }) => record(partition, offset)
  for (const request of bed.fake.held.splice(0))
    bed.fake.answerHeld(request, ...(bed.fake.asksOf.get(request) ?? []).map((asked) => record(asked.partition)))
}

/** One request each is held for the others. */
async function prepare(idleMs?: number): Promise<void> {
  bed.cluster = bed.create(idleMs === undefined ? {} : { limits: { idleMs } })
  bed.fake.partitionCount = partitions.length + 1
  bed.fake.onFetch = ({ maxWaitMs, offset }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: offset })
  others = []
  for (let other = 1; other <= OTHERS; other++) {
    others.push(bed.fetch({ partition: 0, offset: 5n, maxWaitMs: 50_000, maxBytes: 100 * other }))
    await until(() => bed.fake.held.length === other)
  }
}

describe('requests that wait for many partitions', () => {
  test('name at first all of them, and then what has changed', async () => {
    await prepare()
    const waiting = new Map(partitions.map((partition) => [partition, wait(partition)]))
    answer(await held(12), record(3))
    assert.equal((await waiting.get(3))?.nextOffset, 6n)
    const eleven = await held(11)
    const reads = bed.fake.asked(1)
    const again = wait(3, 6n)
    await until(() => bed.fake.asked(1) > reads)
    answer(eleven)
    const twelve = await held(12)
    const [first, ...rest] = bed.fake.sessions.said
    assert.match(first ?? '', /^0\/0 \+\[[\d ]+\] -\[\]$/)
    assert.deepEqual(
      first
        ?.match(/\d+/g)
        ?.slice(2)
        .map(Number)
        .sort((a, b) => a - b),
      partitions,
    )
    assert.deepEqual(rest, ['101/1 +[] -[3]', '101/2 +[3] -[]'])
    answer(twelve, record(3, 6n), record(7))
    assert.deepEqual([(await again).nextOffset, (await waiting.get(7))?.nextOffset], [7n, 6n])
    answerAll()
    for (const each of [...waiting.values(), ...others]) assert.equal((await each).recordCount, 1)
  })

  test('begin anew with a broker that has dropped the session', async () => {
    await prepare()
    const waiting = partitions.map((partition) => wait(partition))
    const request = await held(12)
    bed.fake.sessions.evict()
    answer(request, record(1))
    await waiting[0]
    await held(11)
    const said = bed.fake.sessions.said.map((each) => each.replace(/\[\d[\d ]*\d\]/, '[...]'))
    assert.deepEqual(said, ['0/0 +[...] -[]', '101/1 +[] -[1]', '0/0 +[...] -[]'])
    answerAll()
    for (const each of [...waiting, ...others]) assert.equal((await each).recordCount, 1)
  })

  test('name all partitions each time to a broker that has no place for a session', async () => {
    await prepare()
    bed.fake.sessions.hasPlace = false
    const waiting = partitions.map((partition) => wait(partition))
    answer(await held(12), ...partitions.map((partition) => ({ partition, highWatermark: 5n })))
    answer(await held(12), record(12))
    await waiting[11]
    await held(11)
    assert.deepEqual(
      bed.fake.sessions.said.map((each) => each.slice(0, 5)),
      ['0/0 +', '0/0 +', '0/0 +'],
    )
    answerAll()
    for (const each of [...waiting, ...others]) assert.equal((await each).recordCount, 1)
  })

  test('answer errors of a partition to those who wait there only', async () => {
    await prepare()
    const waiting = partitions.map((partition) => wait(partition))
    const request = await held(12)
    bed.fake.onFetch = ({ maxWaitMs, partition, offset }) => {
      if (partition === 4) return { errorCode: 29 }
      return maxWaitMs > 0 ? 'hold' : { highWatermark: offset }
    }
    answer(request, { partition: 4, errorCode: 29 })
    await assert.rejects(waiting[3] ?? Promise.resolve(), { apiError: 'TOPIC_AUTHORIZATION_FAILED' })
    await held(11)
    answerAll()
    for (const each of [...waiting.toSpliced(3, 1), ...others]) assert.equal((await each).recordCount, 1)
  })

  test('give the place of the session back when nobody waits any more', async () => {
    await prepare(1)
    const waiting = partitions.map((partition) => wait(partition))
    const request = await held(12)
    assert.equal(bed.fake.sessions.size, 1)
    answer(request, ...partitions.map((partition) => record(partition)))
    for (const each of waiting) await each
    await until(() => bed.fake.sessions.size === 0)
    assert.equal(bed.fake.sessions.said.at(-1), '101/-1 +[] -[]')
    answerAll()
    await Promise.all(others)
  })
})

test('partitions that began to be waited at one after the other are held by one request in time', async () => {
  bed.fake.partitionCount = partitions.length + 1
  let most = 0
  bed.fake.onFetch = (asked) => {
    if (asked.maxWaitMs === 0) return { highWatermark: asked.offset }
    most = Math.max(most, asked.count)
    // As a broker does that has nothing.
    setTimeout(() => {
      const request = bed.fake.held.find((each) => bed.fake.asksOf.get(each)?.includes(asked))
      if (request !== undefined) answerNothing(request)
    }, asked.maxWaitMs)
    return 'hold'
  }
  const waiting: ReturnType<typeof wait>[] = []
  for (const partition of partitions) {
    waiting.push(wait(partition))
    await until(() => bed.fake.asked(1) > partition)
  }
  await until(() => most === partitions.length)
  answerAll()
  for (const each of waiting) assert.equal((await each).recordCount, 1)
})
