import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRequest } from '../../src/api-request.ts'
import { fetchRequest } from '../../src/messages/fetch.ts'
import { FetchTemplates, type OnePartition } from '../../src/messages/fetch-template.ts'

const question: OnePartition = {
  topic: 'orders',
  topicId: '000102030405060708090a0b0c0d0e0f',
  partition: 3,
  leaderEpoch: 5,
  lastFetchedEpoch: -1,
  offset: 7n,
  maxBytes: 1000,
  isolation: 'read_uncommitted',
  rackId: '',
}

function whole(version: number, asked: OnePartition, correlationId: number, clientId: string): Buffer {
  const { maxBytes, isolation, rackId } = asked
  const all = { maxWaitMs: 0, maxBytes, isolation, rackId, partitions: [asked] }
  return encodeRequest(
    fetchRequest(version, all, () => undefined),
    correlationId,
    clientId,
  )
}

const changes: readonly Partial<OnePartition>[] = [
  {},
  { offset: 2n ** 62n + 1n },
  { offset: 0n, lastFetchedEpoch: 4, maxBytes: 0x7fff_ffff },
  { partition: 4 },
  { leaderEpoch: 6 },
  { isolation: 'read_committed' },
  { rackId: 'rack-α' },
  { topicId: 'ff0102030405060708090a0b0c0d0e0f' },
  {},
]

for (const version of [13, 14, 15, 16, 17]) {
  test(`Fetch v${version} from a template is what encoding it anew gives, whatever changes`, () => {
    assert.equal(FetchTemplates.takes(version), true)
    const templates = new FetchTemplates()
    for (const [index, change] of changes.entries()) {
      const asked = { ...question, ...change }
      const frame = templates.encode(version, asked, index, 'sluice')
      assert.deepEqual(frame, whole(version, asked, index, 'sluice'), JSON.stringify(change, String))
    }
  })
}

test('a frame keeps what it asks while later ones are made', () => {
  const templates = new FetchTemplates()
  const first = templates.encode(17, question, 1, 'sluice')
  templates.encode(17, { ...question, offset: 8n }, 2, 'sluice')
  assert.deepEqual(first, whole(17, question, 1, 'sluice'))
})

test('one connection speaks another version than the one before', () => {
  const templates = new FetchTemplates()
  templates.encode(17, question, 1, 'sluice')
  assert.deepEqual(templates.encode(16, question, 2, 'sluice'), whole(16, question, 2, 'sluice'))
  assert.equal(FetchTemplates.takes(12), false)
})

test('more partitions than are kept still get their own frames', () => {
  const templates = new FetchTemplates()
  for (let partition = 0; partition < 2500; partition++) {
    const asked = { ...question, partition }
    assert.deepEqual(templates.encode(17, asked, partition, ''), whole(17, asked, partition, ''))
  }
})
