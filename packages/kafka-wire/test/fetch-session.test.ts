import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { apiErrorCode } from '../src/api-errors.ts'
import { FetchSession } from '../src/fetch-session.ts'
import type { PartitionQuestion, SessionStep } from '../src/messages/fetch-question.ts'

const topicId = '000102030405060708090a0b0c0d0e0f'

const question = (partition: number, offset = 0n): PartitionQuestion => ({
  topic: 'orders',
  topicId,
  partition,
  leaderEpoch: 5,
  lastFetchedEpoch: -1,
  offset,
  maxBytes: 1000,
})

const partitions = (questions: readonly PartitionQuestion[]): string =>
  questions.map(({ partition, offset }) => `${partition}@${offset}`).join(' ')

const said = ({ id, epoch, named, forgotten }: SessionStep): string =>
  `${id}/${epoch} +[${partitions(named)}] -[${partitions(forgotten)}]`

const [a, b, c] = [question(0), question(1), question(2)]

describe('a fetch session', () => {
  test('names at first everything, and then what has changed', () => {
    const session = new FetchSession()
    const first = session.ask([a, b])
    assert.equal(said(first), '0/0 +[0@0 1@0] -[]')
    assert.equal(first.answered(0, 77), true)
    const second = session.ask([a, b])
    assert.equal(said(second), '77/1 +[] -[]')
    second.answered(0, 77)
    const third = session.ask([b, c])
    assert.equal(said(third), '77/2 +[2@0] -[0@0]')
    third.answered(0, 77)
    assert.equal(said(session.ask([b, c])), '77/3 +[] -[]')
  })

  test('names a partition that is asked otherwise, and does not have it forgotten', () => {
    const session = new FetchSession()
    session.ask([a, b, c]).answered(0, 77)
    assert.equal(said(session.ask([question(0, 9n), b])), '77/1 +[0@9] -[2@0]')
  })

  test('tells a topic made anew from the one before', () => {
    const session = new FetchSession()
    session.ask([a, b]).answered(0, 77)
    const anew = { ...a, topicId: 'ff'.repeat(16) }
    assert.equal(said(session.ask([anew, b])), '77/1 +[0@0] -[0@0]')
  })

  test('names everything each time to a broker that has no place for it', () => {
    const session = new FetchSession()
    session.ask([a, b]).answered(0, 0)
    assert.equal(session.isOpen, false)
    assert.equal(said(session.ask([a, b])), '0/0 +[0@0 1@0] -[]')
  })

  for (const name of [
    'FETCH_SESSION_ID_NOT_FOUND',
    'INVALID_FETCH_SESSION_EPOCH',
    'FETCH_SESSION_TOPIC_ID_ERROR',
  ] as const) {
    test(`begins anew after ${name}, which is no news of any partition`, () => {
      const session = new FetchSession()
      session.ask([a, b]).answered(0, 77)
      assert.equal(session.ask([a, b]).answered(apiErrorCode(name), 0), true)
      assert.equal(said(session.ask([a, b])), '0/0 +[0@0 1@0] -[]')
    })
  }

  test('has the broker replace it after a request that came to nothing', () => {
    const session = new FetchSession()
    session.ask([a, b]).answered(0, 77)
    session.ask([a, b])
    assert.equal(said(session.ask([b])), '77/0 +[1@0] -[]')
    assert.equal(session.ask([b]).answered(apiErrorCode('UNKNOWN_SERVER_ERROR'), 0), false)
    assert.equal(said(session.ask([a])), '77/0 +[0@0] -[]')
  })

  test('is told to the broker when it ends, once', () => {
    const session = new FetchSession()
    session.ask([a, b]).answered(0, 77)
    assert.equal(session.isOpen, true)
    assert.equal(said(session.end()), '77/-1 +[] -[]')
    assert.equal(session.isOpen, false)
    assert.equal(said(session.ask([a])), '0/0 +[0@0] -[]')
  })
})
