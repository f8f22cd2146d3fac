import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { KafkaError } from '../src/errors.ts'
import { SlabPool } from '../src/slab-pool.ts'
import { transcode } from '../src/transcode.ts'
import { type Message, type SlowOptions, slowDecode, slowEncode } from './slow-decoder.ts'
import { arbitraryLog, arbitraryReading, type Log, runsOf } from './support/arbitrary-log.ts'
import { mutate, mutateBatch, mutations } from './support/mutate.ts'

const MIB = 1024 * 1024
const limits = { maxDecompressedBytes: MIB }
/** The whole of a call: twice what may be decompressed, in a slab of which a fifth may be unused. */
const MOST_MEMORY = 2.5 * MIB

const pool = new SlabPool()
let mostMemory = 0
const acquire = pool.acquire.bind(pool)
pool.acquire = (bytes) => {
  const slab = acquire(bytes)
  mostMemory = Math.max(mostMemory, slab.buffer.length)
  return slab
}

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
    const { badFrom = -1n, next = -1n } = error.offsets ?? {}
    assert.ok(badFrom >= 0n && badFrom < next && next > reading.fromOffset, `${error.message} leads nowhere`)
    return undefined
  } finally {
    assert.equal(pool.stats().outstanding, 0)
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
const logAndReading = arbitraryLog().chain(readLog)

const contentOf = ({ key, value }: Message): string => `${key?.toString('hex')} ${value?.toString('hex')}`

/** A log of which one batch is damaged under a right checksum. */
const damageOne = (log: Log, which: number, change: (batch: Buffer) => Buffer): Buffer => {
  const index = which % log.starts.length
  const [start = 0, end = log.bytes.length] = log.starts.slice(index, index + 2)
  return Buffer.concat([log.bytes.subarray(0, start), change(log.bytes.subarray(start, end)), log.bytes.subarray(end)])
}

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

const bytesHeld = (): number => {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe('transcode, against a slow decoder', () => {
  it('agrees on whole logs with every codec, at every offset and isolation', () => {
    const property = fc.property(logAndReading, ([log, reading]) => {
      assertAgree(log.bytes, reading)
    })
    fc.assert(property, runsOf(10_000, 100_000))
  })

  it('agrees on logs that are cut off anywhere', () => {
    const property = fc.property(logAndReading, fc.nat(), ([log, reading], cut) => {
      assertAgree(log.bytes.subarray(0, cut % (log.bytes.length + 1)), reading)
    })
    fc.assert(property, runsOf(1000, 10_000))
  })

  it('delivers no record that was not written when bytes are changed', () => {
    const property = fc.property(logAndReading, mutations, ([log, reading], changes) => {
      const read = assertAgree(mutate(log.bytes, changes), { ...reading, isolation: 'read_uncommitted' })
      const everything = slowDecode(log.bytes, { ...reading, fromOffset: 0n, isolation: 'read_uncommitted' })
      assert.ok(!everything.refused)
      const written = new Set(everything.messages.map(contentOf))
      for (const message of read) assert.ok(written.has(contentOf(message)))
    })
    fc.assert(property, runsOf(5000, 50_000))
  })

  it('agrees on changed records under a right checksum', () => {
    const plain = arbitraryLog({ onlyPlain: true }).chain(readLog)
    const property = fc.property(plain, mutations, fc.nat(), ([log, reading], changes, which) => {
      assertAgree(
        damageOne(log, which, (batch) => mutateBatch(batch, changes)),
        reading,
      )
    })
    fc.assert(property, runsOf(2500, 25_000))
  })

  it('delivers of changed compressed records under a right checksum only what the slow decoder reads too', () => {
    const property = fc.property(logAndReading, mutations, fc.nat(), ([log, reading], changes, which) => {
      const bytes = damageOne(log, which, (batch) => mutateBatch(batch, changes))
      const fast = run(bytes, reading)
      if (fast === undefined) return
      const slow = slowDecode(bytes, reading)
      assert.ok(!slow.refused, 'the slow decoder refuses this')
      // The slow decoder has no limit: it may read on where the other one stops.
      assert.ok(fast.body.equals(slowEncode(slow.messages.slice(0, fast.recordCount))), 'the bodies differ')
    })
    fc.assert(property, runsOf(2500, 25_000))
  })

  it('holds no more than its bound, and nothing afterwards', () => {
    const before = bytesHeld()
    const property = fc.property(logAndReading, mutations, fc.boolean(), ([log, reading], changes, sealed) => {
      run(sealed ? damageOne(log, 0, (batch) => mutateBatch(batch, changes)) : mutate(log.bytes, changes), reading)
    })
    fc.assert(property, runsOf(500, 5000))
    assert.ok(mostMemory <= MOST_MEMORY, `took ${mostMemory} bytes`)
    assert.ok(bytesHeld() - before < 32 * MIB)
  })
})
