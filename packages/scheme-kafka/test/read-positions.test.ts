import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadPositions } from '../src/read-positions.ts'

const at = (offset: bigint) => ({ from: 0n, offset, leaderEpoch: 1, topicId: undefined, atEnd: true })

test('each partition of each topic has its own position, until it is forgotten', () => {
  const positions = new ReadPositions()
  positions.set('a', 0, at(1n))
  positions.set('a', 1, at(2n))
  positions.set('1 a', 0, at(3n))
  assert.deepEqual([positions.get('a', 0), positions.get('a', 1), positions.get('1 a', 0)], [at(1n), at(2n), at(3n)])
  positions.forget('a', 1)
  assert.deepEqual([positions.get('a', 0), positions.get('a', 1)], [at(1n), undefined])
})

test('of more than 256 partitions the one that was read longest ago is forgotten', () => {
  const positions = new ReadPositions()
  for (let partition = 0; partition < 256; partition++) positions.set('a', partition, at(0n))
  positions.set('a', 0, at(1n))
  positions.set('a', 256, at(0n))
  assert.deepEqual([positions.get('a', 0), positions.get('a', 1), positions.get('a', 2)], [at(1n), undefined, at(0n)])
})

test('a partition that is read again and again counts as read last, and one set anew after it was forgotten is there', () => {
  const positions = new ReadPositions()
  positions.set('a', 0, at(0n))
  positions.set('a', 0, at(1n))
  positions.set('b', 0, at(2n))
  positions.set('b', 0, at(3n))
  assert.deepEqual([positions.get('a', 0), positions.get('b', 0)], [at(1n), at(3n)])
  positions.forget('b', 0)
  assert.equal(positions.get('b', 0), undefined)
  positions.set('b', 0, at(4n))
  assert.deepEqual([positions.get('b', 0), positions.get('a', 0)], [at(4n), at(1n)])
})
