import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed } from './support/cluster-bed.ts'
import { refused } from './support/fake-broker.ts'
import type { FetchAsked, FetchReply } from './support/fake-cluster.ts'

const bed = new ClusterBed()

const one = { highWatermark: 1n, records: batch(0n, 'x') }

/** Answers as a leader that knows a replica in the rack `west`; `leader` is what it gives who does not name the rack. */
function serve(
  replica: (asked: FetchAsked) => FetchReply,
  leader: (times: number) => FetchReply = () => one,
): { broker: number; rackId: string }[] {
  const asked: { broker: number; rackId: string }[] = []
  bed.fake.onFetch = (question) => {
    asked.push({ broker: question.broker, rackId: question.rackId })
    if (question.broker === 2) return replica(question)
    return question.rackId === 'west' ? { highWatermark: 1n, preferredReplica: 2 } : leader(asked.length)
  }
  return asked
}

/** Who was asked, for what rack, in short. */
const places = (asked: readonly { broker: number; rackId: string }[]): string[] =>
  asked.map(({ broker, rackId }) => `${broker}${rackId}`)

describe('a reader with a rack', () => {
  test('reads from the replica that the leader names, and stays there', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    const asked = serve(() => one)
    await bed.fetch()
    await bed.fetch()
    assert.deepEqual(asked, [
      { broker: 1, rackId: 'west' },
      { broker: 2, rackId: '' },
      { broker: 2, rackId: '' },
    ])
    assert.deepEqual(bed.retries, [])
  })

  test('asks the leader for offsets', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    serve(() => one)
    await bed.fetch()
    const brokers: number[] = []
    bed.fake.onListOffsets = (_timestamp, _isolation, broker) => {
      brokers.push(broker)
      return { offset: 1n }
    }
    await bed.list(-1n)
    assert.deepEqual(brokers, [1])
  })

  for (const [name, reply] of [
    ['lags behind', { errorCode: 1 }],
    ['is no replica any more', { errorCode: 6 }],
    ['has cut its log back', { diverging: { epoch: 1, endOffset: 0n } }],
  ] as const) {
    test(`goes back to the leader when the replica ${name}`, async () => {
      bed.cluster = bed.create({ rack: 'west' })
      const asked = serve(() => reply)
      assert.equal((await bed.fetch()).recordCount, 1)
      assert.equal((await bed.fetch()).recordCount, 1)
      assert.deepEqual(places(asked), ['1west', '2', '1', '1'])
      assert.equal(bed.retries.length, 1)
    })
  }

  test('goes back to the leader when the replica cannot be reached', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    serve(() => one)
    bed.fake.brokers.refuse('two.example', 9092, refused())
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.equal(bed.retries.length, 1)
  })

  test('keeps away from a replica that failed, whatever is learnt of the cluster meanwhile', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    const asked = serve(() => ({ errorCode: 6 }))
    await bed.fetch()
    await bed.fetch({ topic: 'payments' }).catch(() => {})
    const before = asked.length
    await bed.fetch()
    assert.deepEqual(asked.slice(before), [{ broker: 1, rackId: '' }])
  })

  test('asks only leaders once a replica has failed, whoever leads by then', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    const asked = serve(
      () => ({ errorCode: 6 }),
      () => {
        if (bed.fake.leaderEpoch === 6) return one
        bed.fake.leaderEpoch = 6
        return { errorCode: 6 }
      },
    )
    assert.equal((await bed.fetch()).recordCount, 1)
    assert.deepEqual(places(asked), ['1west', '2', '1', '1'])
  })

  test('keeps away from a replica that failed when the topic could not be described meanwhile', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    const asked = serve(
      () => ({ errorCode: 6 }),
      (times) => {
        if (times > 3) return one
        bed.fake.topicError = 5
        return { errorCode: 6 }
      },
    )
    bed.fake.onMetadata = () => {
      if (bed.fake.asked(3) > 2) bed.fake.topicError = 0
      return undefined
    }
    await bed.fetch()
    await bed.fetch()
    assert.deepEqual(places(asked), ['1west', '2', '1', '1', '1'])
  })

  test('reads from the leader when that names a broker that nobody knows', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    bed.fake.onFetch = ({ rackId }) => (rackId === '' ? one : { highWatermark: 1n, preferredReplica: 7 })
    assert.equal((await bed.fetch()).recordCount, 1)
  })

  test('is told of damaged records by the replica itself', async () => {
    bed.cluster = bed.create({ rack: 'west' })
    const damaged = batch(0n, 'x')
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2)
    const asked = serve(() => ({ highWatermark: 1n, records: damaged }))
    await assert.rejects(bed.fetch(), { code: 'KAFKA_CORRUPT_BATCH' })
    assert.equal(asked.length, 2)
  })
})

test('a reader without a rack is served by the leader', async () => {
  const asked = serve(() => one)
  await bed.fetch()
  assert.deepEqual(asked, [{ broker: 1, rackId: '' }])
})
