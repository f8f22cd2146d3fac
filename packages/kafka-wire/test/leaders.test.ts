import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed, until } from './support/cluster-bed.ts'
import { type FakeAnswer, refused } from './support/fake-broker.ts'

const bed = new ClusterBed()

/** A Metadata answer v13 with nothing but its error code. */
const rebootstrapRequired: FakeAnswer = (writer) => {
  writer.int32(0).array([], true, () => {})
  writer.string(null, true).int32(-1)
  writer
    .array([], true, () => {})
    .int16(129)
    .noTaggedFields(true)
}

describe('topics', () => {
  test('that do not exist are told at once, and not asked for again at once', async () => {
    for (let count = 0; count < 3; count++) {
      await assert.rejects(bed.list(-1n, 'not-exist'), { code: 'KAFKA_TOPIC_NOT_FOUND', message: 'not found topic' })
    }
    assert.deepEqual([bed.fake.asked(3), bed.retries], [1, []])
  })

  test('without the partition are told at once', async () => {
    const expected = { code: 'KAFKA_PARTITION_NOT_FOUND', message: 'not found partition' }
    await assert.rejects(bed.list(-1n, 'orders', 1), expected)
    await assert.rejects(bed.fetch({ partition: -1 }), expected)
    assert.equal(bed.fake.asked(3), 1)
  })

  test('with other errors are told by name', async () => {
    bed.fake.topicError = 29
    await assert.rejects(bed.fetch(), { code: 'KAFKA_API_ERROR', message: 'TOPIC_AUTHORIZATION_FAILED' })
    for (const topic of ['', 'x'.repeat(40_000)]) {
      bed.fake.topicError = 17
      await assert.rejects(bed.fetch({ topic }), {
        message: topic === '' ? 'not found topic' : 'INVALID_TOPIC_EXCEPTION',
      })
    }
  })

  test('without a leader are asked for again', async () => {
    bed.fake.leader = -1
    bed.fake.onMetadata = () => {
      if (bed.fake.asked(3) > 1) bed.fake.leader = 2
      return undefined
    }
    await bed.list(-1n)
    assert.deepEqual(bed.retries, ['LEADER_NOT_AVAILABLE'])
  })

  test('wanted by many at once are asked for once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => bed.list(-1n)))
    // Equal look-ups share the second request.
    assert.deepEqual([bed.fake.asked(3), bed.fake.asked(18), bed.fake.asked(2)], [1, 1, 2])
  })
})

describe('a leader that moved', () => {
  test('is found by its hint, without asking for metadata', async () => {
    const leader = { id: 2, epoch: 6, host: 'two.example', port: 9092 }
    bed.fake.onFetch = ({ broker }) =>
      broker === 1 ? { errorCode: 6, leader } : { highWatermark: 1n, records: batch(0n, 'x') }
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual([bed.fake.asked(3), bed.retries], [1, ['NOT_LEADER_OR_FOLLOWER']])
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.equal(bed.fake.asked(1), 3)
  })

  test('is found by metadata when there is no hint, or one that is not newer', async () => {
    for (const leader of [undefined, { id: 1, epoch: 5, host: 'one.example', port: 9092 }]) {
      await bed.cluster.close()
      bed.renew()
      bed.fake.onFetch = ({ broker }) => {
        if (broker === 2) return { highWatermark: 1n, records: batch(0n, 'x') }
        bed.fake.leader = 2
        return leader === undefined ? { errorCode: 6 } : { errorCode: 6, leader }
      }
      assert.equal((await bed.fetch()).recordCount, 1)
      assert.deepEqual([bed.fake.asked(3), bed.retries], [2, ['NOT_LEADER_OR_FOLLOWER']])
    }
  })

  test('after a silence is not asked for at the broker that was silent, over a connection that is open still', async () => {
    bed.cluster = bed.create({ stallTimeoutMs: 5 })
    bed.fake.onFetch = ({ broker, maxWaitMs }) => {
      if (broker === 2) return { highWatermark: 6n, records: batch(5n, 'x') }
      return maxWaitMs > 0 ? 'hold' : { highWatermark: 5n }
    }
    let silent: ReadonlySet<unknown> = new Set()
    bed.fake.onMetadata = ({ stream }) => {
      if (silent.has(stream)) return 'hold'
      if (silent.size > 0) bed.fake.leader = 2
      return undefined
    }
    const poll = bed.fetch({ offset: 5n, maxWaitMs: 20_000 })
    await until(() => bed.fake.held.length === 1)
    silent = new Set(bed.fake.brokers.requests.map(({ stream }) => stream))
    assert.equal((await poll).recordCount, 1)
    assert.equal(bed.retries.length, 1, bed.retries.join())
  })

  test('of a topic that is gone is asked five times', { timeout: 20_000 }, async () => {
    bed.fake.onFetch = () => ({ errorCode: 100 })
    await assert.rejects(bed.fetch(), { code: 'KAFKA_API_ERROR', message: 'UNKNOWN_TOPIC_ID' })
    assert.deepEqual([bed.fake.asked(1), bed.fake.asked(3), bed.retries.length], [5, 5, 4])
  })
})

describe('a broker that fails', () => {
  test('in the middle of a request is asked again over a new connection', async () => {
    let failures = 1
    bed.fake.onFetch = () => (failures-- > 0 ? 'close' : { highWatermark: 1n, records: batch(0n, 'x') })
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual(bed.retries, ['broker one.example:9092 closed the connection: its log may say why'])
    assert.equal(bed.fake.brokers.dialled.filter(({ host }) => host === 'one.example').length, 2)
  })

  test('for good is given up for its successor, found through another broker', async () => {
    bed.fake.leader = 2
    await bed.list(-1n)
    bed.fake.brokers.refuse('two.example', 9092, refused())
    bed.fake.onListOffsets = (_timestamp, _isolation, broker) => {
      if (broker === 1) return { offset: 7n }
      for (const stream of bed.fake.brokers.streams) if (stream !== bootstrap()) stream.destroy()
      bed.fake.leader = 1
      bed.fake.leaderEpoch = 6
      return { offset: 0n }
    }
    assert.equal(await bed.list(-1n), 7n)
    assert.ok(bed.retries.length > 0)
  })

  test('as every other one has the configured nodes asked again', async () => {
    await bed.list(-1n)
    for (const host of bed.fake.hosts.values()) bed.fake.brokers.refuse(host, 9092, refused())
    for (const stream of [...bed.fake.brokers.streams]) stream.destroy()
    await until(() => bed.cluster.stats().connections === 0)
    bed.fake.hosts.set(1, 'moved.example')
    const again = bed.list(-1n)
    await until(() => bed.retries.length > 0)
    bed.fake.start(1, 'one.example')
    bed.fake.start(1, 'moved.example')
    assert.equal(await again, 0n)
  })

  test('says that the cluster is another one: the configured nodes are asked again', async () => {
    bed.cluster = bed.create({ nodes: [{ host: 'node.example', port: 9092 }] })
    bed.fake.start(1, 'node.example')
    await bed.list(-1n)
    const known = new Set(bed.fake.brokers.requests.map(({ stream }) => stream))
    bed.fake.onMetadata = ({ stream }) => (known.has(stream) ? rebootstrapRequired : undefined)
    bed.fake.onFetch = ({ broker }) => {
      if (broker === 2) return { highWatermark: 1n, records: batch(0n, 'x') }
      bed.fake.leader = 2
      return { errorCode: 6 }
    }
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual(bed.retries, ['NOT_LEADER_OR_FOLLOWER', 'REBOOTSTRAP_REQUIRED'])
    assert.deepEqual(
      bed.fake.brokers.dialled.map(({ host }) => host),
      ['node.example', 'one.example', 'node.example', 'two.example'],
    )
  })

  test('before it ever answered is told at once', async () => {
    bed.fake.leader = 2
    bed.fake.brokers.refuse('two.example', 9092, refused())
    await assert.rejects(bed.list(-1n), { code: 'KAFKA_CONNECT_FAILED', broker: 'two.example:9092' })
    assert.deepEqual(bed.retries, [])
    bed.fake.leader = 1
    bed.fake.leaderEpoch = 6
    assert.equal(await bed.list(-1n), 0n)
  })

  function bootstrap(): unknown {
    const [first] = bed.fake.brokers.streams
    return first
  }
})

describe('a cluster never reached', () => {
  const nodes = ['a', 'b', 'c'].map((host) => ({ host, port: 9092 }))

  test('has each node tried once, and every failure named', async () => {
    bed.cluster = bed.create({ nodes })
    bed.fake.brokers.refuse(
      'b',
      9092,
      Object.assign(new Error('no name'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
    )
    await assert.rejects(bed.fetch(), {
      code: 'KAFKA_CONNECT_FAILED',
      message:
        'no broker can be reached: broker a:9092 refused the connection (ECONNREFUSED): check host and port, and that the broker is up; ' +
        'DNS lookup of broker b:9092 failed (ENOTFOUND): check the host name in upstream.nodes; ' +
        'broker c:9092 refused the connection (ECONNREFUSED): check host and port, and that the broker is up',
    })
    assert.deepEqual([bed.fake.brokers.dialled.map(({ host }) => host), bed.retries], [['a', 'b', 'c'], []])
  })

  test('is reached through the first node that answers', async () => {
    bed.cluster = bed.create({ nodes: [...nodes, { host: 'two.example', port: 9092 }] })
    assert.equal(await bed.list(-1n), 0n)
    assert.deepEqual(
      bed.fake.brokers.dialled.map(({ host, advertised }) => [host, advertised]),
      [...nodes.map(({ host }) => [host, false]), ['two.example', false], ['one.example', true]],
    )
  })

  test('does not show its password to a second node after the first refused it', async () => {
    const sasl = { mechanism: 'PLAIN', username: 'ada', password: 'hunter2' } as const
    bed.cluster = bed.create({ nodes: [{ host: 'one.example', port: 9092 }, ...nodes], sasl })
    await assert.rejects(bed.fetch(), { code: 'KAFKA_SASL_FAILED', broker: 'one.example:9092' })
    assert.equal(bed.fake.brokers.dialled.length, 1)
  })

  test('that wants SASL is told apart', async () => {
    bed.fake.onMetadata = () => 'close'
    await assert.rejects(bed.fetch(), {
      code: 'KAFKA_SASL_FAILED',
      message:
        'broker one.example:9092 closed the connection after ApiVersions: it may require SASL (plugin kafka-proxy)',
    })
    assert.deepEqual(bed.retries, [])
  })
})
