import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureLatency } from '../../src/load/latency.ts'
import type { Reader } from '../../src/load/reader.ts'
import { scan } from '../../src/load/scan.ts'

/** A topic in memory that gives ten records at a time, or one when asked for one byte. */
function memoryReader(recordCount: number): Reader & { readonly offsets: number[] } {
  const offsets: number[] = []
  return {
    offsets,
    async fetch(offset, maxBytes) {
      offsets.push(offset)
      const count = Math.min(maxBytes === 1 ? 1 : 10, recordCount - offset)
      return { recordCount: count, nextOffset: offset + count }
    },
    close() {},
  }
}

test('a scan reads the topic to its end, in whole passes', async () => {
  const reader = memoryReader(25)
  const { records } = await scan(reader, { recordCount: 25, maxBytes: 1024, seconds: Number.MIN_VALUE })
  assert.ok(records >= 25)
  assert.equal(records % 25, 0)
  assert.deepEqual(reader.offsets.slice(0, 4), [0, 10, 20, 25])
})

test('a scan that finds fewer records than there are is an error', async () => {
  const job = { recordCount: 26, maxBytes: 1024, seconds: Number.MIN_VALUE }
  await assert.rejects(scan(memoryReader(25), job), /found 25 records in a topic of 26/)
})

test('latency is measured over offsets spread across the topic', async () => {
  const reader = memoryReader(20_000)
  const times = await measureLatency(reader, { recordCount: 20_000, requests: 100 })
  assert.equal(times.length, 100)
  assert.ok(times.every((time) => time >= 0))
  assert.equal(new Set(reader.offsets).size, 100)
})

test('an empty answer is not taken for a fast one', async () => {
  const reader = memoryReader(1)
  await assert.rejects(measureLatency(reader, { recordCount: 20_000, requests: 2 }), /gave -?\d+/)
})
