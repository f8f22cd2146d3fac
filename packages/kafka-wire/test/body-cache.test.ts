import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyCache } from '../src/body-cache.ts'
import type { FetchHeader } from '../src/messages/fetch-answer.ts'
import type { PartitionAnswer, PartitionRead } from '../src/shared-read.ts'

const KIBIBYTE = 1024

const read = (more: Partial<PartitionRead> = {}): PartitionRead => ({
  topic: 't',
  topicId: 'id',
  partition: 0,
  leaderEpoch: 3,
  lastFetchedEpoch: -1,
  offset: 10n,
  maxBytes: 1024 * KIBIBYTE,
  isolation: 'read_uncommitted',
  rackId: '',
  ...more,
})

const header = (more: Partial<FetchHeader> = {}): FetchHeader => ({
  errorCode: 0,
  highWatermark: 100n,
  lastStableOffset: 100n,
  logStartOffset: 0n,
  leaderHint: undefined,
  preferredReplica: -1,
  diverging: undefined,
  ...more,
})

const answer = (bytes = 64 * KIBIBYTE, more: Partial<FetchHeader> = {}): PartitionAnswer => ({
  broker: 'b:1',
  header: header(more),
  records: {
    bytes: Buffer.alloc(bytes, 7),
    headroom: 0,
    recordCount: 5,
    nextOffset: 15n,
    leaderEpoch: 3,
    release() {},
  },
})

function place(cache: BodyCache, asked: PartitionRead) {
  return cache.look(asked) ?? assert.fail('no place')
}

/** Reads once more, as a command does. */
function pass(cache: BodyCache, asked: PartitionRead, given = answer()): void {
  cache.offer(place(cache, asked), asked, given)
}

function filled(asked = read()): BodyCache {
  const cache = new BodyCache({ maxBytes: 1024 * KIBIBYTE })
  pass(cache, asked)
  pass(cache, asked)
  return cache
}

test('what is read once leaves nothing, what is read again is kept', () => {
  const cache = new BodyCache({ maxBytes: 1024 * KIBIBYTE })
  pass(cache, read())
  assert.deepEqual([cache.bytes, place(cache, read()).body], [0, undefined])
  const second = answer()
  pass(cache, read(), second)
  second.records?.bytes.fill(0)
  const { body } = place(cache, read())
  assert.deepEqual(body?.bytes, Buffer.alloc(64 * KIBIBYTE, 7))
  assert.deepEqual([body.recordCount, body.nextOffset, body.leaderEpoch], [5, 15n, 3])
  assert.equal(cache.bytes, 64 * KIBIBYTE)
})

test('commands that asked together do not count as a second one', () => {
  const cache = new BodyCache({ maxBytes: 1024 * KIBIBYTE })
  const places = [place(cache, read()), place(cache, read())]
  for (const each of places) cache.offer(each, read(), answer())
  assert.equal(cache.bytes, 0)
})

const others: readonly Partial<PartitionRead>[] = [
  { offset: 11n },
  { partition: 1 },
  { topicId: 'another' },
  { leaderEpoch: 4 },
  { lastFetchedEpoch: 2 },
  { isolation: 'read_committed' },
  { maxBytes: 2048 * KIBIBYTE },
]
for (const other of others) {
  test(`another question has another body: ${Object.keys(other)}`, () => {
    assert.equal(place(filled(), read(other)).body, undefined)
  })
}

const placeless: readonly Partial<PartitionRead>[] = [
  { topicId: undefined },
  { leaderEpoch: -1 },
  { rackId: 'r' },
  { maxBytes: 1000 },
]
for (const other of placeless) {
  test(`no place without what tells whether it holds, nor for small reads: ${Object.keys(other)}`, () => {
    assert.equal(filled().look(read(other)), undefined)
  })
}

test('with no bytes there are no places', () => {
  assert.equal(new BodyCache({ maxBytes: 0 }).look(read()), undefined)
})

const notKept: readonly (readonly [what: string, given: PartitionAnswer])[] = [
  ['an error', { ...answer(), header: header({ errorCode: 6 }), records: undefined }],
  ['a log that goes another way', answer(64 * KIBIBYTE, { diverging: { epoch: 2, endOffset: 5n } })],
  ['a hint at another replica', answer(64 * KIBIBYTE, { preferredReplica: 2 })],
  ['a small body', answer(KIBIBYTE)],
  ['more than a quarter of the bytes', answer(300 * KIBIBYTE)],
]
for (const [what, given] of notKept) {
  test(`not kept: ${what}`, () => {
    const cache = new BodyCache({ maxBytes: 1024 * KIBIBYTE })
    pass(cache, read())
    pass(cache, read(), given)
    assert.equal(cache.bytes, 0)
  })
}

test('an empty answer is not kept', () => {
  const cache = new BodyCache({ maxBytes: 1024 * KIBIBYTE })
  const { records, ...rest } = answer()
  const empty = { ...rest, records: records && { ...records, recordCount: 0 } }
  pass(cache, read(), empty)
  pass(cache, read(), empty)
  assert.equal(cache.bytes, 0)
})

const verdicts: readonly (readonly [what: string, header: Partial<FetchHeader>, holds: boolean])[] = [
  ['all as it was', {}, true],
  ['more was written', { highWatermark: 500n, lastStableOffset: 500n }, true],
  ['its first record is the first of the log', { logStartOffset: 10n }, true],
  ['its first record is gone', { logStartOffset: 11n }, false],
  ['the broker does not say where the log begins', { logStartOffset: -1n }, false],
  ['the log ends in it', { highWatermark: 14n }, false],
  ['an error', { errorCode: 29 }, false],
  ['a log that goes another way', { diverging: { epoch: 2, endOffset: 5n } }, false],
  ['another replica is to be asked', { preferredReplica: 2 }, false],
]
for (const [what, given, holds] of verdicts) {
  test(`${holds ? 'holds' : 'does not hold'}: ${what}`, () => {
    const cache = filled()
    const { body } = place(cache, read())
    assert.ok(body)
    assert.equal(cache.holds(read(), body, header(given)), holds)
  })
}

test('for read_committed the last stable offset is the end', () => {
  const asked = read({ isolation: 'read_committed' })
  const cache = filled(asked)
  const { body } = place(cache, asked)
  assert.ok(body)
  assert.equal(cache.holds(asked, body, header({ lastStableOffset: 14n })), false)
  assert.equal(cache.holds(asked, body, header({ lastStableOffset: 15n })), true)
})

test('the confirmation asks for next to nothing at the end that was last heard of', () => {
  const cache = filled()
  const { body } = place(cache, read())
  assert.ok(body)
  assert.deepEqual(cache.confirmation(read()), read({ offset: 100n, maxBytes: 1 }))
  cache.holds(read(), body, header({ highWatermark: 120n }))
  assert.deepEqual(cache.confirmation(read({ lastFetchedEpoch: 3 })), read({ offset: 120n, maxBytes: 1 }))
  cache.drop(read())
  assert.deepEqual(cache.confirmation(read()), read({ maxBytes: 1 }))
})

test('nothing is remembered of a partition of which nothing is kept', () => {
  const cache = new BodyCache({ maxBytes: 256 * KIBIBYTE })
  pass(cache, read())
  assert.deepEqual(cache.confirmation(read()), read({ maxBytes: 1 }))
  pass(cache, read())
  assert.deepEqual(cache.confirmation(read()), read({ offset: 100n, maxBytes: 1 }))
  const others = [1n, 2n, 3n, 4n].map((offset) => read({ offset, partition: 1 }))
  for (const asked of [...others, ...others]) pass(cache, asked)
  assert.equal(place(cache, read()).body, undefined)
  assert.deepEqual(cache.confirmation(read()), read({ maxBytes: 1 }))
})

test('a partition is dropped as a whole, and others stay', () => {
  const cache = filled()
  for (const asked of [read({ offset: 50n }), read({ partition: 1 }), read({ topic: 'u' })]) {
    pass(cache, asked)
    pass(cache, asked)
  }
  cache.drop(read({ offset: 99n }))
  const bodies = [read(), read({ offset: 50n }), read({ partition: 1 }), read({ topic: 'u' })].map((each) =>
    Boolean(cache.look(each)?.body),
  )
  assert.deepEqual(bodies, [false, false, true, true])
  assert.equal(cache.bytes, 2 * 64 * KIBIBYTE)
})

test('what was not used for longest makes room', () => {
  const cache = new BodyCache({ maxBytes: 256 * KIBIBYTE })
  const reads = [1n, 2n, 3n, 4n].map((offset) => read({ offset }))
  for (const asked of [...reads, ...reads]) pass(cache, asked)
  assert.equal(cache.bytes, 256 * KIBIBYTE)
  place(cache, read({ offset: 1n }))
  pass(cache, read({ offset: 5n }))
  pass(cache, read({ offset: 5n }))
  assert.equal(cache.bytes, 256 * KIBIBYTE)
  const bodies = [1n, 2n, 3n, 4n, 5n].map((offset) => Boolean(place(cache, read({ offset })).body))
  assert.deepEqual(bodies, [true, false, true, true, true])
})
