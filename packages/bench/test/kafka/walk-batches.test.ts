import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, recordsPerBatch } from '../../src/kafka/encode-batch.ts'
import { walkBatches } from '../../src/kafka/walk-batches.ts'

/** A batch as the broker gives it back: with its first offset. */
function batchAt(baseOffset: number, recordCount: number, valueBytes = 100): Buffer {
  const batch = Buffer.from(encodeBatch({ recordCount, valueBytes }, 1_700_000_000_000))
  batch.writeBigInt64BE(BigInt(baseOffset))
  return batch
}

test('batches of 16 KiB are filled', () => {
  for (const valueBytes of [100, 1024]) {
    const recordCount = recordsPerBatch(valueBytes)
    const { length } = encodeBatch({ recordCount, valueBytes }, 0)
    assert.ok(length <= 16_384, `${length} bytes`)
    const { length: oneMore } = encodeBatch({ recordCount: recordCount + 1, valueBytes }, 0)
    assert.ok(oneMore > 16_384 - 128, `${oneMore} bytes`)
  }
})

test('all records of all batches are counted', () => {
  const records = Buffer.concat([batchAt(7, 3), batchAt(10, 500), batchAt(510, 1, 0)])
  assert.deepEqual(walkBatches(records, 7), { recordCount: 504, nextOffset: 511 })
})

test('offsets beyond 32 bits are read', () => {
  assert.deepEqual(walkBatches(batchAt(2 ** 40, 2), 2 ** 40), { recordCount: 2, nextOffset: 2 ** 40 + 2 })
})

test('nothing is read at the end of a log', () => {
  assert.deepEqual(walkBatches(Buffer.alloc(0), 30), { recordCount: 0, nextOffset: 30 })
})

test('a last batch that is cut off is left out', () => {
  const records = Buffer.concat([batchAt(0, 2), batchAt(2, 2).subarray(0, -1)])
  assert.deepEqual(walkBatches(records, 0), { recordCount: 2, nextOffset: 2 })
})

test('a changed byte is found', () => {
  const records = batchAt(0, 2)
  records[70] = (records[70] ?? 0) ^ 1
  assert.throws(() => walkBatches(records, 0), /wrong checksum/)
})

test('a missing batch is found', () => {
  assert.throws(() => walkBatches(Buffer.concat([batchAt(0, 2), batchAt(4, 2)]), 0), /offset 2 is missing/)
})
