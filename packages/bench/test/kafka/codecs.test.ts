import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecs } from '../../src/kafka/codecs.ts'
import { encodeRecords } from '../../src/kafka/encode-batch.ts'

test('every codec gives back what it compressed, in one block or several', () => {
  for (const [name, { compress, decompress }] of Object.entries(codecs)) {
    for (const recordCount of [1, 31, 33, 200]) {
      const records = encodeRecords({ recordCount, valueBytes: 1024, codec: 'snappy' })
      assert.ok(Buffer.from(decompress(compress(records))).equals(records), `${recordCount} records, ${name}`)
    }
  }
})

test('Snappy is framed as by the Java client', () => {
  const compressed = codecs.snappy.compress(encodeRecords({ recordCount: 64, valueBytes: 1024, codec: 'snappy' }))
  assert.equal(compressed.subarray(0, 16).toString('hex'), '82534e41505059000000000100000001')
  const [first, second] = [16, 16 + 4 + compressed.readInt32BE(16)]
  const third = second + 4 + compressed.readInt32BE(second)
  assert.ok(first < second && third + 4 + compressed.readInt32BE(third) === compressed.length)
})
