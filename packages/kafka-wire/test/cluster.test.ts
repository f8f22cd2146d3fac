import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { encodeBatch, encodeMarker } from './support/encode-batch.ts'
import { type FetchAsked, TOPIC_ID, writeFetch } from './support/fake-cluster.ts'

const bed = new ClusterBed()

describe('fetch', () => {
  test('asks the leader for what was wanted and gives the records from the offset on', async () => {
    const asked: FetchAsked[] = []
    bed.fake.onFetch = (question) => {
      asked.push(question)
      return { highWatermark: 12n, records: batch(10n, 'before', 'wanted') }
    }
    const answer = await bed.fetch({ offset: 11n, maxBytes: 777 })
    assert.deepEqual(
      [answer.recordCount, answer.nextOffset, answer.highWatermark, answer.logStartOffset],
      [1, 12n, 12n, 0n],
    )
    assert.match(answer.text, /wanted/)
    assert.doesNotMatch(answer.text, /before/)
    assert.ok(answer.headroom >= 40)
    const limits = { maxWaitMs: 0, minBytes: 0, maxBytes: 777, partitionMaxBytes: 777, isolation: 0 }
    assert.deepEqual(asked, [
      {
        broker: 1,
        topicId: TOPIC_ID,
        partition: 0,
        leaderEpoch: 5,
        lastFetchedEpoch: -1,
        rackId: '',
        index: 0,
        count: 1,
        offset: 11n,
        ...limits,
      },
    ])
  })

  test('at the end of the log is empty, with one request', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 30n })
    const answer = await bed.fetch({ offset: 30n })
    assert.deepEqual([answer.recordCount, answer.nextOffset, answer.text], [0, 30n, ''])
    assert.equal(bed.fake.asked(1), 1)
  })

  test('reads on past batches that hold nothing to deliver, up to the log end', async () => {
    const log = [encodeMarker(0n, 7n, 'commit'), encodeMarker(1n, 7n, 'abort'), batch(2n, 'x')]
    bed.fake.onFetch = ({ offset }) => ({ highWatermark: 3n, records: log[Number(offset)] ?? Buffer.alloc(0) })
    const answer = await bed.fetch()
    assert.deepEqual([answer.recordCount, answer.nextOffset, bed.fake.asked(1)], [1, 3n, 3])
    log[2] = encodeMarker(2n, 7n, 'commit')
    const empty = await bed.fetch()
    assert.deepEqual([empty.recordCount, empty.nextOffset, bed.fake.asked(1)], [0, 3n, 6])
  })

  test('with read_committed passes over aborted transactions and ends at the last stable offset', async () => {
    const transaction = {
      isTransactional: true,
      producerId: 7n,
      records: [{ offsetDelta: 0, value: Buffer.from('no') }],
    }
    const records = Buffer.concat([encodeBatch({ ...transaction, baseOffset: 0n }), encodeMarker(1n, 7n, 'abort')])
    const aborted = [{ producerId: 7n, firstOffset: 0n }]
    bed.fake.onFetch = ({ isolation }) => ({
      highWatermark: 9n,
      lastStableOffset: 2n,
      records,
      aborted: isolation === 1 ? aborted : [],
    })
    const answer = await bed.fetch({ isolation: 'read_committed' })
    assert.deepEqual([answer.recordCount, answer.nextOffset, bed.fake.asked(1)], [0, 2n, 1])
    assert.equal((await bed.fetch()).recordCount, 1)
  })

  test('a broker that sends nothing new is not asked for ever', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 3n })
    assert.equal((await bed.fetch({ offset: 3n })).recordCount, 0)
    assert.equal((await bed.fetch({ offset: 3n, maxWaitMs: 400 })).recordCount, 0)
    assert.ok(bed.fake.asked(1) <= 7, String(bed.fake.asked(1)))
  })

  test('raises what a retry does not cure, by its name', async () => {
    bed.fake.onFetch = () => ({ errorCode: 1 })
    const expected = { code: 'KAFKA_API_ERROR', message: 'OFFSET_OUT_OF_RANGE', apiError: 'OFFSET_OUT_OF_RANGE' }
    await assert.rejects(bed.fetch({ offset: 999n }), expected)
    assert.equal(bed.fake.asked(1), 1)
  })

  test('raises a corrupt batch and keeps nothing', async () => {
    const records = batch(0n, 'x')
    records[66] = 0x55
    bed.fake.onFetch = () => ({ highWatermark: 1n, records })
    await assert.rejects(bed.fetch(), { code: 'KAFKA_CORRUPT_BATCH' })
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })

  test('counts answers until they are released', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 1n, records: batch(0n, 'x') })
    const asked = { topic: 'orders', partition: 0, offset: 0n, maxBytes: 1000, maxWaitMs: 0 }
    const answer = await bed.cluster.fetch({ ...asked, isolation: 'read_uncommitted' })
    assert.equal(bed.cluster.stats().outstandingSlabs, 1)
    answer.release()
    answer.release()
    assert.equal(bed.cluster.stats().outstandingSlabs, 0)
  })
})

describe('a long poll', () => {
  test('has a connection of its own, which the next one takes over', async () => {
    bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: 5n })
    for (const connections of [2, 2]) {
      const poll = bed.fetch({ offset: 5n, maxWaitMs: 50_000 })
      await until(() => bed.fake.held.length === 1)
      assert.equal(bed.cluster.stats().connections, connections)
      assert.equal((await bed.fetch({ offset: 5n })).recordCount, 0)
      bed.fake.held.pop()?.answer((writer) => writeFetch(writer, { highWatermark: 6n, records: batch(5n, 'late') }))
      assert.equal((await poll).recordCount, 1)
    }
    const waits = bed.fake.brokers.requests.filter(({ apiKey }) => apiKey === 1)
    assert.equal(new Set(waits.map(({ stream }) => stream)).size, 2)
  })

  test('is first tried without waiting', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 6n, records: batch(5n, 'there') })
    assert.equal((await bed.fetch({ offset: 5n, maxWaitMs: 50_000 })).recordCount, 1)
    assert.equal(bed.cluster.stats().connections, 1)
  })

  test('goes on after a batch that holds nothing to deliver', async () => {
    const asked: [bigint, boolean][] = []
    bed.fake.onFetch = ({ offset, maxWaitMs }) => {
      asked.push([offset, maxWaitMs > 0])
      if (offset === 5n) return { highWatermark: 6n, records: encodeMarker(5n, 7n, 'commit') }
      return maxWaitMs > 0 ? { highWatermark: 7n, records: batch(6n, 'x') } : { highWatermark: 6n }
    }
    assert.equal((await bed.fetch({ offset: 5n, maxWaitMs: 50_000 })).nextOffset, 7n)
    assert.deepEqual(asked, [
      [5n, false],
      [6n, true],
    ])
  })

  test('that is aborted leaves what the broker holds to the next', async () => {
    bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: 5n })
    const controller = new AbortController()
    const poll = bed.fetch({ offset: 5n, maxWaitMs: 50_000, signal: controller.signal })
    await until(() => bed.fake.held.length === 1)
    controller.abort()
    await assert.rejects(poll, { code: 'KAFKA_ABORTED' })
    const next = bed.fetch({ offset: 5n, maxWaitMs: 50_000 })
    await until(() => bed.fake.asked(1) === 3)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([bed.fake.held.length, bed.cluster.stats().connections], [1, 2])
    bed.fake.held.pop()?.answer((writer) => writeFetch(writer, { highWatermark: 6n, records: batch(5n, 'late') }))
    assert.equal((await next).recordCount, 1)
    assert.equal(bed.fake.asked(1), 3)
  })
})

describe('listOffset', () => {
  test('asks the leader, as the isolation says', async () => {
    const asked: [bigint, number, number, number][] = []
    bed.fake.leader = 2
    bed.fake.onListOffsets = (...question) => {
      asked.push(question)
      return { offset: 2n ** 60n }
    }
    assert.equal(await bed.list(-1n), 2n ** 60n)
    await bed.cluster.listOffset({ topic: 'orders', partition: 0, timestamp: 1500n, isolation: 'read_committed' })
    assert.deepEqual(asked, [
      [-1n, 0, 2, 0],
      [1500n, 1, 2, 0],
    ])
  })

  test('gives -1 when there is no such record, and raises errors by name', async () => {
    bed.fake.onListOffsets = () => ({ offset: -1n })
    assert.equal(await bed.list(9999999999999n), -1n)
    bed.fake.onListOffsets = () => ({ errorCode: 43, offset: -1n })
    await assert.rejects(bed.list(-1n), { code: 'KAFKA_API_ERROR', message: 'UNSUPPORTED_FOR_MESSAGE_FORMAT' })
  })

  test('the largest timestamp needs a broker that knows it', async () => {
    bed.fake.versions = [...bed.fake.versions.filter(([key]) => key !== 2), [2, 1, 6]]
    await assert.rejects(bed.list(-3n), {
      code: 'KAFKA_BROKER_TOO_OLD',
      message: /serves ListOffsets v1 to v6, but v7 to v10/,
    })
  })
})

describe('the end', () => {
  test('of a command at its deadline says what it waited for', async () => {
    bed.fake.onFetch = () => 'hold'
    await bed.list(-1n)
    await assert.rejects(bed.fetch({ deadline: performance.now() + 5 }), {
      code: 'KAFKA_TIMEOUT',
      message: /^no answer within \d ms, waiting for Fetch from broker one\.example:9092$/,
    })
  })

  test('of a command that shares its connection leaves the others be', async () => {
    bed.fake.onFetch = () => 'hold'
    const controller = new AbortController()
    const aborted = bed.fetch({ signal: controller.signal })
    const kept = bed.fetch({ maxBytes: 500 })
    await until(() => bed.fake.held.length === 2)
    controller.abort()
    await assert.rejects(aborted, { code: 'KAFKA_ABORTED' })
    for (const request of bed.fake.held)
      request.answer((writer) => writeFetch(writer, { highWatermark: 1n, records: batch(0n, 'x') }))
    assert.equal((await kept).recordCount, 1)
    assert.equal(bed.cluster.stats().requestsInFlight, 0)
  })

  test('of a command that is aborted before it began opens nothing', async () => {
    await assert.rejects(bed.fetch({ signal: AbortSignal.abort() }), { code: 'KAFKA_ABORTED' })
    await assert.rejects(bed.fetch({ deadline: performance.now() - 1 }), { code: 'KAFKA_TIMEOUT' })
    assert.equal(bed.fake.brokers.dialled.length, 0)
  })

  test('of the cluster rejects what is in flight, and all that comes after', async () => {
    bed.fake.onFetch = ({ maxWaitMs }) => (maxWaitMs > 0 ? 'hold' : { highWatermark: 0n })
    const poll = bed.fetch({ maxWaitMs: 50_000 })
    await until(() => bed.fake.held.length === 1)
    const closing = bed.cluster.close()
    await assert.rejects(poll, { code: 'KAFKA_CLOSED' })
    await Promise.all([closing, bed.cluster.close()])
    await assert.rejects(bed.fetch(), { code: 'KAFKA_CLOSED' })
  })

  test('of the cluster ends connections that are being opened', async () => {
    bed.fake.brokers.serve('one.example', 9092, () => 'hold')
    const waiting = bed.fetch()
    await until(() => bed.fake.brokers.requests.length === 1)
    await bed.cluster.close()
    await assert.rejects(waiting, { code: 'KAFKA_CLOSED' })
  })

  test('and the beginning of connections are told', async () => {
    const seen: unknown[] = []
    bed.cluster = bed.create({
      onConnectionOpened: (broker) => seen.push(['opened', broker]),
      onConnectionClosed: (broker, error) => seen.push(['closed', broker, error?.code]),
      onConnectionFailed: (broker, error) => seen.push(['failed', broker, error.code]),
      nodes: [
        { host: 'a', port: 1 },
        { host: 'one.example', port: 9092 },
      ],
    })
    await bed.list(-1n)
    await bed.cluster.close()
    assert.deepEqual(seen, [
      ['failed', 'a:1', 'KAFKA_CONNECT_FAILED'],
      ['opened', 'one.example:9092'],
      ['closed', 'one.example:9092', undefined],
    ])
  })
})

test('each request is told by its API as it is sent', async () => {
  const sent: string[] = []
  bed.cluster = bed.create({ onRequest: (apiName) => sent.push(apiName) })
  await bed.fetch({ offset: 0n })
  await bed.list(-1n)
  assert.deepEqual(sent, ['ApiVersions', 'Metadata', 'Fetch', 'ListOffsets'])
})
