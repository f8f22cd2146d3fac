import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecNumbers, codecs } from '../../src/kafka/codecs.ts'
import { encodeBatch, encodeRecords, HEADER_BYTES } from '../../src/kafka/encode-batch.ts'

const ATTRIBUTES = 21

for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`a batch of ${codec} says so and holds the records, smaller`, () => {
    const shape = { recordCount: 15, valueBytes: 1024, codec }
    const batch = encodeBatch(shape, 0)
    const records = encodeRecords(shape)
    assert.equal(batch.readInt16BE(ATTRIBUTES), codecNumbers[codec])
    assert.deepEqual(Buffer.from(codecs[codec].decompress(batch.subarray(HEADER_BYTES))), records)
    assert.ok(batch.length < 0.7 * records.length)
    assert.ok(batch.length > 0.1 * records.length)
  })
}
