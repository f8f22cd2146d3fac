import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batch, ClusterBed } from './support/cluster-bed.ts'
import { encodeMarker } from './support/encode-batch.ts'
import { type FetchReply, TOPIC_ID } from './support/fake-cluster.ts'

const bed = new ClusterBed()

describe('a fetch that goes on from an earlier one', () => {
  test('names the epoch of the last record that was read, wherever in what was passed it goes on', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 2n, records: batch(0n, 'x', 'y') })
    const { position } = await bed.fetch()
    assert.deepEqual(position, { from: 0n, offset: 2n, leaderEpoch: 0, topicId: TOPIC_ID, atEnd: true })
    const epochs: number[] = []
    bed.fake.onFetch = ({ lastFetchedEpoch, offset }) => {
      epochs.push(lastFetchedEpoch)
      return offset < 2n ? { highWatermark: 2n, records: batch(0n, 'x', 'y') } : { highWatermark: offset }
    }
    await bed.fetch({ offset: 2n, after: position })
    // In front of a control record, for instance, which the client has not seen.
    await bed.fetch({ offset: 1n, after: position })
    await bed.fetch({ offset: 3n, after: position })
    await bed.fetch({ offset: 0n })
    assert.deepEqual(epochs, [0, 0, -1, -1])
  })

  test('is told of a log that was cut back, and where to go on', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 9n, diverging: { epoch: 3, endOffset: 7n } })
    const after = { from: 9n, offset: 12n, leaderEpoch: 4, topicId: TOPIC_ID, atEnd: false }
    await assert.rejects(bed.fetch({ offset: 12n, after }), {
      code: 'KAFKA_LOG_TRUNCATED',
      message:
        'the log was cut back by a change of leader: offsets 7 to 11 are no longer what was read; ' +
        'fetch from offset 7 to read what is there now',
      offsets: { badFrom: 7n, next: 7n },
    })
    assert.deepEqual(bed.retries, [])
  })

  test('is told of a topic that was made anew', async () => {
    const topicId = 'f'.repeat(32)
    await assert.rejects(
      bed.fetch({ offset: 12n, after: { from: 9n, offset: 12n, leaderEpoch: 4, topicId, atEnd: false } }),
      {
        code: 'KAFKA_TOPIC_RECREATED',
        message:
          'topic orders was deleted and created again since the last fetch: ' +
          'ask for its first offset with timestamp -2 and go on there',
      },
    )
    assert.equal(bed.fake.asked(1), 0)
  })

  test('finds the new topic when its broker no longer knows the old one', async () => {
    await bed.list(-1n)
    const position = { from: 9n, offset: 12n, leaderEpoch: 4, topicId: TOPIC_ID, atEnd: false }
    bed.fake.onFetch = () => ({ errorCode: 100 })
    bed.fake.topicId = 'e'.repeat(32)
    await assert.rejects(bed.fetch({ offset: 12n, after: position }), { code: 'KAFKA_TOPIC_RECREATED' })
    assert.deepEqual(bed.retries, ['UNKNOWN_TOPIC_ID'])
  })
})

describe('an offset that the log does not have', () => {
  test('is answered with those that it has', async () => {
    bed.fake.onFetch = () => ({ errorCode: 1 })
    bed.fake.onListOffsets = (timestamp) => ({ offset: timestamp === -2n ? 5n : 30n })
    await assert.rejects(bed.fetch({ offset: 99n }), {
      code: 'KAFKA_API_ERROR',
      message: 'OFFSET_OUT_OF_RANGE',
      offsets: { logStart: 5n, highWatermark: 30n },
    })
  })

  test('is told without them where they cannot be had', async () => {
    bed.fake.onFetch = () => ({ errorCode: 1 })
    bed.fake.onListOffsets = () => ({ errorCode: 29, offset: -1n })
    await assert.rejects(bed.fetch({ offset: 99n }), { message: 'OFFSET_OUT_OF_RANGE', offsets: undefined })
  })
})

describe('a leader that does not know the end of the log yet', () => {
  const one = { highWatermark: 3n, records: batch(2n, 'x') }

  /** The leader moves to broker 2, which gives nothing and says so until it was asked so often. */
  function move(questions: number, hint: boolean, reply: FetchReply = one): void {
    const leader = { id: 2, epoch: 6, host: 'two.example', port: 9092 }
    bed.fake.onFetch = ({ broker }) => {
      if (broker === 2) return bed.fake.asked(2) < questions ? {} : reply
      bed.fake.leader = 2
      bed.fake.leaderEpoch = 6
      return hint ? { errorCode: 6, leader } : { errorCode: 6 }
    }
    bed.fake.onListOffsets = () =>
      bed.fake.asked(2) < questions ? { errorCode: 78, offset: -1n } : { offset: reply.highWatermark ?? 0n }
  }

  for (const [how, hint] of [
    ['a hint', true],
    ['metadata', false],
  ] as const) {
    test(`is asked for it when it was found by ${how}, and then for the records`, async () => {
      move(2, hint)
      assert.equal((await bed.fetch()).recordCount, 1)
      assert.deepEqual(bed.retries, ['NOT_LEADER_OR_FOLLOWER', 'OFFSET_NOT_AVAILABLE'])
    })
  }

  test('is asked for it once', async () => {
    move(1, true, { highWatermark: 0n })
    for (let count = 0; count < 3; count++) assert.equal((await bed.fetch()).recordCount, 0)
    assert.deepEqual([bed.fake.asked(1), bed.fake.asked(2)], [5, 1])
  })

  test('does not end a wait', async () => {
    bed.fake.onFetch = ({ broker, maxWaitMs }) => {
      if (broker === 1 && maxWaitMs === 0) return { highWatermark: 2n }
      if (broker === 1) {
        move(2, true)
        return { errorCode: 6, leader: { id: 2, epoch: 6, host: 'two.example', port: 9092 } }
      }
      return {}
    }
    assert.equal((await bed.fetch({ offset: 2n, maxWaitMs: 60_000 })).recordCount, 1)
  })

  test('is asked for it where its end lies before the offset, though it is not known to be new', async () => {
    bed.fake.onFetch = () => (bed.fake.asked(2) === 0 ? {} : one)
    assert.equal((await bed.fetch({ offset: 2n })).recordCount, 1)
  })

  test('has its answer taken for the end when it has said so', async () => {
    const { recordCount, nextOffset } = await bed.fetch({ offset: 2n })
    assert.deepEqual([recordCount, nextOffset, bed.fake.asked(1), bed.fake.asked(2)], [0, 2n, 2, 1])
  })
})

describe('records that the broker itself finds damaged', () => {
  for (const [code, message] of [
    [2, 'CORRUPT_MESSAGE'],
    [87, 'INVALID_RECORD'],
  ] as const) {
    test(`are told with the offset after them (${message})`, async () => {
      bed.fake.onFetch = () => ({ errorCode: code })
      await assert.rejects(bed.fetch({ offset: 4n }), { message, offsets: { badFrom: 4n, next: 5n } })
      assert.deepEqual(bed.retries, [])
    })
  }

  test('are told at the offset that was come to', async () => {
    bed.fake.onFetch = ({ offset }) =>
      offset === 4n ? { highWatermark: 9n, records: encodeMarker(4n, 7n, 'commit') } : { errorCode: 2 }
    await assert.rejects(bed.fetch({ offset: 4n }), { offsets: { badFrom: 5n, next: 6n } })
  })
})

describe('a broker that gives nothing below the end of the log', () => {
  test('is asked three times, with pauses', async () => {
    bed.fake.onFetch = () => ({ highWatermark: 9n })
    await assert.rejects(bed.fetch({ offset: 4n }), {
      code: 'KAFKA_CORRUPT_BATCH',
      message:
        'the broker gives nothing at offset 4, though the log ends at 9: the record batch there may be damaged; ' +
        'fetch from offset 5, or further on, to go on',
      offsets: { badFrom: 4n, next: 5n },
    })
    assert.equal(bed.fake.asked(1), 3)
  })

  test('may have something the next time', async () => {
    bed.fake.onFetch = () =>
      bed.fake.asked(1) > 1 ? { highWatermark: 9n, records: batch(4n, 'x') } : { highWatermark: 9n }
    assert.equal((await bed.fetch({ offset: 4n })).recordCount, 1)
  })
})
