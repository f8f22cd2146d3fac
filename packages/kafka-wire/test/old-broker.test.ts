import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterBed } from './support/cluster-bed.ts'

const bed = new ClusterBed()

test('a broker of Kafka 0.10 is told apart at the first command', async () => {
  bed.fake.versions = [
    [1, 0, 3],
    [2, 0, 1],
    [3, 0, 2],
    [18, 0, 0],
  ]
  const expected = {
    code: 'KAFKA_BROKER_TOO_OLD',
    broker: 'one.example:9092',
    message:
      'broker one.example:9092 serves Metadata v0 to v2, but v4 to v13 are spoken here: use another Kafka version',
  }
  await assert.rejects(bed.fetch(), expected)
  await assert.rejects(bed.list(-1n), expected)
  assert.deepEqual(bed.retries, [])
})

test('a broker that has dropped what is spoken here is told apart', async () => {
  bed.fake.versions = [...bed.fake.versions.filter(([key]) => key !== 1), [1, 18, 20]]
  await assert.rejects(bed.fetch(), {
    code: 'KAFKA_BROKER_TOO_OLD',
    message: /serves Fetch v18 to v20, but v4 to v17 are spoken here/,
  })
})
