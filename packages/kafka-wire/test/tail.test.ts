import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()

const poll = (partition = 0, maxWaitMs = 50_000, signal?: AbortSignal) =>
  bed.fetch({ partition, offset: 5n, maxWaitMs, ...(signal === undefined ? {} : { signal }) })

/** Has the broker hold what waits, and answer the rest with the end of the log. */
function holdPolls(): void {
  bed.fake.partitionCount = 4
  bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: 5n })
}

const answer = (partition = 0): void =>
  bed.fake.held
    .shift()
    ?.answer((writer) => writeFetch(writer, { highWatermark: 6n, records: batch(5n, 'late'), partition }))

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('commands that wait at the end of one partition', () => {
  test('share one request and its answer, each with the same bytes', async () => {
    holdPolls()
    const polls = [poll(), poll(), poll()]
    await until(() => bed.fake.asked(1) === 3)
    await settle()
    assert.deepEqual([bed.fake.held.length, bed.fake.asked(1), bed.cluster.stats().connections], [1, 3, 2])
    answer()
    const answers = await Promise.all(polls)
    assert.deepEqual(
      answers.map(({ recordCount, nextOffset, text }) => [recordCount, nextOffset, text === answers[0]?.text]),
      [1, 2, 3].map(() => [1, 6n, true]),
    )
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('leave without taking it from the others', async () => {
    holdPolls()
    const controller = new AbortController()
    const aborted = poll(0, 50_000, controller.signal)
    const other = poll()
    await until(() => bed.fake.held.length === 1)
    await settle()
    controller.abort()
    await assert.rejects(aborted, { code: 'KAFKA_ABORTED' })
    answer()
    assert.equal((await other).recordCount, 1)
  })

  test('are answered without records when their wait is over, and without a further request', async () => {
    holdPolls()
    const other = poll()
    await until(() => bed.fake.held.length === 1)
    const asked = bed.fake.asked(1)
    const { recordCount, nextOffset, highWatermark } = await poll(0, 5)
    assert.deepEqual([recordCount, nextOffset, highWatermark, bed.fake.asked(1)], [0, 5n, 5n, asked + 1])
    answer()
    await other
  })

  test('go on after a broker that failed', async () => {
    holdPolls()
    const waiting = [poll(), poll()]
    await until(() => bed.fake.held.length === 1)
    await settle()
    bed.fake.onFetch = () => ({ highWatermark: 6n, records: batch(5n, 'x') })
    bed.fake.held.shift()?.stream.destroy()
    for (const each of waiting) assert.equal((await each).recordCount, 1)
    assert.equal(bed.retries.length, 2)
  })
})

test('partitions that begin to be waited at later are held by further requests, so many at most', async () => {
  bed.cluster = bed.create({ limits: { maxWaiting: 2 } })
  holdPolls()
  const first = poll(0)
  await until(() => bed.fake.held.length === 1)
  const second = poll(1)
  await until(() => bed.fake.held.length === 2)
  const third = poll(2)
  await until(() => bed.fake.asked(1) === 5)
  await settle()
  assert.deepEqual([bed.fake.held.length, bed.cluster.stats().connections], [2, 3])
  answer(0)
  assert.equal((await first).recordCount, 1)
  await until(() => bed.fake.held.length === 2)
  answer(1)
  assert.equal((await second).recordCount, 1)
  answer(2)
  assert.equal((await third).recordCount, 1)
})

test('a partition that got nothing beside others, though there is something, is asked for alone', async () => {
  bed.fake.partitionCount = 3
  const requests: string[] = []
  let isHeld = true
  bed.fake.onFetch = ({ maxWaitMs, index, count, partition }) => {
    if (maxWaitMs === 0) return { highWatermark: 5n }
    if (isHeld) return 'hold'
    requests.push(`${partition} of ${count}`)
    return index === 0 ? { highWatermark: 6n, records: batch(5n, 'x') } : { highWatermark: 6n }
  }
  // Those who begin to wait while all four requests are held wait for the first of them together.
  const limits = [400, 500, 600, 700]
  const others = limits.map((maxBytes) => bed.fetch({ offset: 5n, maxWaitMs: 50_000, maxBytes }))
  await until(() => bed.fake.held.length === 4)
  const waiting = [poll(1), poll(2)]
  await until(() => bed.fake.asked(1) === 10)
  await settle()
  isHeld = false
  while (bed.fake.held.length > 0) answer()
  for (const each of [...others, ...waiting]) assert.equal((await each).recordCount, 1)
  assert.deepEqual(requests, ['1 of 2', '2 of 2', '2 of 1'])
})

test('whoever waits gets a turn, though more questions are asked of one partition than requests may be held', async () => {
  holdPolls()
  const limits = [100, 200, 300, 400, 500, 600]
  const asked = new Set<number>()
  const onFetch = bed.fake.onFetch
  bed.fake.onFetch = (question) => {
    if (question.maxWaitMs > 0) asked.add(question.maxBytes)
    return onFetch(question)
  }
  const waiting = limits.map((maxBytes) => bed.fetch({ offset: 5n, maxWaitMs: 50_000, maxBytes }))
  await until(() => bed.fake.held.length === 4)
  // Each held request ends without records.
  await until(() => {
    bed.fake.held.shift()?.answer((writer) => writeFetch(writer, { highWatermark: 5n }))
    return asked.size === limits.length
  })
  bed.fake.onFetch = () => ({ highWatermark: 6n, records: batch(5n, 'x') })
  while (bed.fake.held.length > 0) answer()
  for (const each of waiting) assert.equal((await each).recordCount, 1)
})

describe('commands of clients that come back to the end', () => {
  /** A client that was given record 4 by a held request, whose connection is kept for the next. */
  const readToEnd = async () => {
    bed.fake.onFetch = ({ maxWaitMs }) =>
      maxWaitMs > 0 ? { highWatermark: 5n, records: batch(4n, 'x') } : { highWatermark: 4n }
    const { position } = await bed.fetch({ offset: 4n, maxWaitMs: 50_000 })
    assert.equal(position?.atEnd, true)
    return position
  }

  test('wait with one request in all, which is the first of each', async () => {
    const after = await readToEnd()
    holdPolls()
    const asked = bed.fake.asked(1)
    const waiting = [1, 2, 3].map(() => bed.fetch({ offset: 5n, maxWaitMs: 50_000, after }))
    await until(() => bed.fake.held.length === 1)
    await settle()
    assert.equal(bed.fake.asked(1), asked + 1)
    answer()
    for (const each of waiting) assert.equal((await each).nextOffset, 6n)
    assert.equal(bed.fake.asked(1), asked + 1)
  })

  test('join no request that was written before they came', async () => {
    const after = await readToEnd()
    holdPolls()
    const first = bed.fetch({ offset: 5n, maxWaitMs: 50_000, after })
    await until(() => bed.fake.held.length === 1)
    const asked = bed.fake.asked(1)
    const second = bed.fetch({ offset: 5n, maxWaitMs: 50_000, after })
    await until(() => bed.fake.asked(1) === asked + 1)
    await settle()
    answer()
    for (const each of [first, second]) assert.equal((await each).recordCount, 1)
  })

  test('are told what the broker says when their wait ends without an answer', async () => {
    const after = await readToEnd()
    bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { errorCode: 29 })
    await assert.rejects(bed.fetch({ offset: 5n, maxWaitMs: 5, after }), { apiError: 'TOPIC_AUTHORIZATION_FAILED' })
  })

  test('are told of an error by a request of their own', async () => {
    const after = await readToEnd()
    bed.fake.onFetch = () => ({ errorCode: 29 })
    await assert.rejects(bed.fetch({ offset: 5n, maxWaitMs: 50_000, after }), {
      apiError: 'TOPIC_AUTHORIZATION_FAILED',
    })
  })
})
