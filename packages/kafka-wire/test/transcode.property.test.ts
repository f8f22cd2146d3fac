import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { KafkaError } from '../src/errors.ts'
import { SlabPool } from '../src/slab-pool.ts'
import { transcode } from '../src/transcode.ts'
import { type Message, type SlowOptions, slowDecode, slowEncode } from './slow-decoder.ts'
import { arbitraryLog, arbitraryReading, type Log, PROPERTY_RUNS } from './support/arbitrary-log.ts'
import { CRC_FROM, seal } from './support/encode-batch.ts'

const pool = new SlabPool()
const limits = { maxDecompressedBytes: 1024 * 1024 }

/** What the transcoder makes of the bytes, copied out of its memory; undefined when it refuses them. */
const run = (bytes: Buffer, reading: SlowOptions) => {
  try {
    const result = transcode(bytes, { ...reading, limits, pool })
    const body = Buffer.from(result.bytes)
    result.release()
    return { body, recordCount: result.recordCount, nextOffset: result.nextOffset }
  } catch (error) {
    assert.ok(error instanceof KafkaError, `not a KafkaError: ${error}`)
    assert.ok(error.code === 'KAFKA_CORRUPT_BATCH' || error.code === 'KAFKA_BATCH_TOO_LARGE')
    return undefined
  }
}

/** Asserts that both decoders agree to the byte; returns what they read. */
const assertAgree = (bytes: Buffer, reading: SlowOptions): Message[] => {
  const slow = slowDecode(bytes, reading)
  const fast = run(bytes, reading)
  if (slow.refused) {
    assert.equal(fast, undefined, 'the slow decoder refuses this')
    return []
  }
  assert.ok(fast, 'the slow decoder reads this')
  assert.equal(fast.recordCount, slow.messages.length)
  assert.equal(fast.nextOffset, slow.nextOffset)
  assert.ok(fast.body.equals(slowEncode(slow.messages)), 'the bodies differ')
  return slow.messages
}

const readLog = (log: Log) => fc.tuple(fc.constant(log), arbitraryReading(log))

const mutation = fc.array(fc.record({ place: fc.nat(), byte: fc.integer({ min: 1, max: 255 }) }), {
  minLength: 1,
  maxLength: 3,
})

const mutate = (bytes: Buffer, from: number, changes: readonly { place: number; byte: number }[]): Buffer => {
  const mutated = Buffer.from(bytes)
  for (const { place, byte } of changes) {
    const at = from + (place % Math.max(1, bytes.length - from))
    if (at < mutated.length) mutated.writeUInt8((mutated.readUInt8(at) ^ byte) & 0xff, at)
  }
  return mutated
}

describe('transcode, against a slow decoder', () => {
  it('agrees on whole logs with every codec, at every offset and isolation', () => {
    const property = fc.property(arbitraryLog().chain(readLog), ([log, reading]) => {
      assertAgree(log.bytes, reading)
    })
    fc.assert(property, { numRuns: PROPERTY_RUNS })
    assert.equal(pool.stats().outstanding, 0)
  })

  it('agrees on logs that are cut off anywhere', () => {
    const property = fc.property(arbitraryLog().chain(readLog), fc.nat(), ([log, reading], cut) => {
      assertAgree(log.bytes.subarray(0, cut % (log.bytes.length + 1)), reading)
    })
    fc.assert(property, { numRuns: PROPERTY_RUNS })
  })

  it('delivers no record that was not written when bytes are changed', () => {
    const property = fc.property(arbitraryLog().chain(readLog), mutation, ([log, reading], changes) => {
      // Everything but the offset, which no checksum covers, of the batches behind the first.
      const read = assertAgree(mutate(log.bytes, 8, changes), { ...reading, isolation: 'read_uncommitted' })
      const everything = slowDecode(log.bytes, { ...reading, fromOffset: 0n, isolation: 'read_uncommitted' })
      assert.ok(!everything.refused)
      const written = new Set(
        everything.messages.map(({ key, value }) => `${key?.toString('hex')} ${value?.toString('hex')}`),
      )
      for (const { key, value } of read) assert.ok(written.has(`${key?.toString('hex')} ${value?.toString('hex')}`))
    })
    fc.assert(property, { numRuns: PROPERTY_RUNS })
    assert.equal(pool.stats().outstanding, 0)
  })

  it('agrees on changed records under a valid checksum', () => {
    const plain = arbitraryLog({ onlyPlain: true }).chain(readLog)
    const property = fc.property(plain, mutation, fc.nat(), ([log, reading], changes, which) => {
      const index = which % log.starts.length
      const start = log.starts[index] ?? 0
      const batch = log.bytes.subarray(start, log.starts[index + 1])
      const changed = seal(mutate(batch, CRC_FROM, changes))
      // A codec bit set on plain bytes is another test's subject: the slow decoder's codecs do not stand garbage.
      changed.writeUInt8(changed.readUInt8(22) & 0xf8, 22)
      const bytes = Buffer.concat([
        log.bytes.subarray(0, start),
        seal(changed),
        log.bytes.subarray(start + batch.length),
      ])
      assertAgree(bytes, reading)
    })
    fc.assert(property, { numRuns: PROPERTY_RUNS })
  })

  it('survives changed compressed records under a valid checksum', () => {
    const property = fc.property(arbitraryLog().chain(readLog), mutation, ([log, reading], changes) => {
      const first = log.bytes.subarray(0, log.starts[1])
      const result = run(seal(mutate(first, CRC_FROM, changes)), reading)
      if (result) assert.ok(result.body.length <= limits.maxDecompressedBytes * 5)
    })
    fc.assert(property, { numRuns: PROPERTY_RUNS })
    assert.equal(pool.stats().outstanding, 0)
  })
})
