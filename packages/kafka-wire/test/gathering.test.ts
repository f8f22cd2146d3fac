import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Command } from '../src/command.ts'
import { Gathering } from '../src/gathering.ts'
import { type PartitionRead, SharedRead } from '../src/shared-read.ts'

const read = (offset = 5n): PartitionRead => ({
  topic: 'orders',
  topicId: undefined,
  partition: 0,
  leaderEpoch: 1,
  lastFetchedEpoch: -1,
  offset,
  maxBytes: 1000,
  isolation: 'read_uncommitted',
  rackId: '',
})

const shared = (offset?: bigint): SharedRead => new SharedRead(read(offset), () => {})

/** A command that waits for it until the returned function ends it. */
function join(question: SharedRead): () => void {
  const command = new Command({
    deadline: Number.MAX_SAFE_INTEGER,
    timeoutMs: 1,
    onAbort: (giveUp) => giveUps.push(giveUp),
  })
  question.join(command).catch(() => {})
  return giveUps.at(-1) ?? assert.fail('the command cannot be given up')
}

const giveUps: (() => void)[] = []
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A question that one waits for after so many were given the last answer. */
function openAfter(gathering: Gathering, crowd: number): SharedRead {
  const last = shared(4n)
  for (let each = 0; each < crowd; each++) join(last)
  gathering.answered(last)
  const question = shared()
  gathering.open(question)
  join(question)
  return question
}

test('a question of one who came alone is open until the end of the turn of the event loop', async () => {
  const closed = mock.fn()
  const gathering = new Gathering(closed)
  const question = shared()
  gathering.open(question)
  join(question)
  assert.equal(gathering.find(read()), question)
  assert.equal(gathering.find(read(6n)), undefined)
  assert.equal(gathering.isOpen(question), true)
  await turn()
  assert.deepEqual([closed.mock.callCount(), gathering.isOpen(question)], [1, false])
  assert.equal(gathering.find(read()), undefined)
})

test('a question stays open until as many have come as were given the last answer', async () => {
  const closed = mock.fn()
  const gathering = new Gathering(closed)
  const question = openAfter(gathering, 900)
  for (let each = 2; each < 900; each++) {
    assert.equal(gathering.find(read()), question)
    join(question)
  }
  await turn()
  assert.deepEqual([closed.mock.callCount(), gathering.isOpen(question)], [0, true])
  assert.equal(gathering.find(read()), question)
  await turn()
  assert.deepEqual([closed.mock.callCount(), gathering.isOpen(question)], [1, false])
})

test('a question is closed when those who are expected have had the time', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const closed = t.mock.fn()
  const gathering = new Gathering(closed)
  const question = openAfter(gathering, 100)
  t.mock.timers.tick(9)
  assert.equal(closed.mock.callCount(), 0)
  t.mock.timers.tick(1)
  assert.deepEqual([closed.mock.callCount(), gathering.isOpen(question)], [1, false])
})

test('a question that everybody has left is joined by nobody', () => {
  const gathering = new Gathering(() => {})
  const question = shared()
  gathering.open(question)
  const leave = join(question)
  leave()
  assert.equal(question.size, 0)
  assert.equal(gathering.find(read()), undefined)
})
