import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { KafkaError } from '../src/errors.ts'
import { MESSAGE_OVERHEAD } from '../src/message-writer.ts'
import { SlabPool } from '../src/slab-pool.ts'
import { HEADROOM, type TranscodeOptions, transcode } from '../src/transcode.ts'
import { slowDecode, slowEncode } from './slow-decoder.ts'
import { type BatchSpec, type CodecName, encodeBatch, encodeMarker } from './support/encode-batch.ts'

const fromStart: TranscodeOptions = {
  fromOffset: 0n,
  isolation: 'read_uncommitted',
  abortedTransactions: [],
  limits: { maxDecompressedBytes: 64 * 1024 * 1024 },
}

/** A batch of `count` records with the values v0, v1 ... */
const batchOf = (baseOffset: bigint, count: number, more: Partial<BatchSpec> = {}): Buffer =>
  encodeBatch({
    baseOffset,
    records: Array.from({ length: count }, (_, i) => ({ offsetDelta: i, value: Buffer.from(`v${i}`) })),
    ...more,
  })

const offsetsOf = (bytes: Buffer, options: TranscodeOptions): bigint[] => {
  const slow = slowDecode(bytes, options)
  assert.ok(!slow.refused)
  const result = transcode(bytes, options)
  assert.ok(result.bytes.equals(slowEncode(slow.messages)))
  assert.equal(result.nextOffset, slow.nextOffset)
  return slow.messages.map(({ offset }) => offset)
}

const rejection = (bytes: Buffer, options: TranscodeOptions = fromStart): KafkaError => {
  try {
    transcode(bytes, options)
  } catch (error) {
    assert.ok(error instanceof KafkaError)
    return error
  }
  return assert.fail('was not refused')
}

const withByte = (bytes: Buffer, at: number, value: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(value, at)
  return changed
}

describe('transcode', () => {
  it('writes a batch as a KafkaFetchResp, byte for byte', () => {
    // Two records as a broker stores them: offset 300 with key "k" and value "hello", offset 301 with neither, one header.
    const stored = Buffer.from(
      `000000000000012c 00000049 00000007 02 e375c13e 0000 00000001 0000019ab0f1e800 0000019ab0f1e801
       ffffffffffffffff ffff ffffffff 00000002
       18 00 00 00 02 6b 0a 68656c6c6f 00
       14 00 02 02 01 01 02 02 68 02 78`.replaceAll(/\s/g, ''),
      'hex',
    )
    const result = transcode(stored, { ...fromStart, fromOffset: 300n })
    assert.equal(
      result.bytes.toString('hex'),
      ['0a14', '08ac02', '1080d0c787ab33', '1a016b', '220568656c6c6f', '0a0a', '08ad02', '1081d0c787ab33'].join(''),
    )
    assert.equal(result.recordCount, 2)
    assert.equal(result.nextOffset, 302n)
  })

  it('leaves headroom in the memory of the body and gives the memory back once', () => {
    const pool = new SlabPool()
    const result = transcode(batchOf(0n, 3), { ...fromStart, pool })
    assert.equal(result.headroom, HEADROOM)
    assert.equal(result.bytes.byteOffset, HEADROOM)
    assert.deepEqual(pool.stats(), { outstanding: 1, pooledBytes: 0 })
    result.release()
    const second = transcode(batchOf(0n, 1), { ...fromStart, pool })
    assert.equal(second.bytes.buffer, result.bytes.buffer)
    result.release()
    assert.equal(pool.stats().outstanding, 1, 'a late second release does not take memory from its new owner')
    second.release()
    assert.equal(pool.stats().outstanding, 0)
  })

  it('answers no bytes with an empty body and the asked offset', () => {
    const result = transcode(Buffer.alloc(0), { ...fromStart, fromOffset: 7n })
    assert.deepEqual([result.bytes.length, result.recordCount, result.nextOffset], [0, 0, 7n])
  })

  it('begins at the asked offset inside a batch and goes on behind gaps', () => {
    const log = Buffer.concat([batchOf(10n, 5, { lastOffsetDelta: 9 }), batchOf(25n, 2)])
    assert.deepEqual(offsetsOf(log, { ...fromStart, fromOffset: 13n }), [13n, 14n, 25n, 26n])
    assert.deepEqual(offsetsOf(log, { ...fromStart, fromOffset: 17n }), [25n, 26n])
  })

  it('takes the time of the batch when the broker sets the times', () => {
    const times = { baseTimestamp: 1000n, maxTimestamp: 2000n }
    const own = transcode(batchOf(1n, 1, times), fromStart)
    const broker = transcode(batchOf(1n, 1, { ...times, isLogAppendTime: true }), fromStart)
    assert.equal(own.bytes.toString('hex'), '0a09080110e80722027630')
    assert.equal(broker.bytes.toString('hex'), '0a09080110d00f22027630')
  })

  it('passes over control batches and compacted batches even if nothing is left', () => {
    const empty = encodeBatch({ baseOffset: 5n, records: [], lastOffsetDelta: 4 })
    const result = transcode(Buffer.concat([empty, encodeMarker(10n, 1n, 'commit')]), { ...fromStart, fromOffset: 5n })
    assert.deepEqual([result.recordCount, result.nextOffset], [0, 11n])
  })

  it('leaves out aborted transactions for read_committed only, up to the abort marker', () => {
    const ofProducer = (producerId: bigint) => ({ producerId, isTransactional: true })
    const log = Buffer.concat([
      batchOf(0n, 2, ofProducer(1n)),
      batchOf(2n, 1, ofProducer(2n)),
      batchOf(3n, 1),
      encodeMarker(4n, 1n, 'abort'),
      batchOf(5n, 1, ofProducer(1n)),
      encodeMarker(6n, 2n, 'commit'),
      encodeMarker(7n, 1n, 'commit'),
    ])
    const abortedTransactions = [{ producerId: 1n, firstOffset: 0n }]
    const committed = { ...fromStart, isolation: 'read_committed', abortedTransactions } as const
    assert.deepEqual(offsetsOf(log, committed), [2n, 3n, 5n])
    assert.deepEqual(offsetsOf(log, { ...fromStart, abortedTransactions }), [0n, 1n, 2n, 3n, 5n])
  })

  it('reads all codecs in one answer and grows its memory for what they hold', () => {
    const codecs: CodecName[] = ['gzip', 'none', 'snappy', 'snappy-xerial', 'lz4', 'zstd']
    const value = Buffer.alloc(50_000, 'a')
    const log = codecs.map((codec, i) =>
      encodeBatch({ baseOffset: BigInt(i), codec, records: [{ offsetDelta: 0, value }] }),
    )
    const pool = new SlabPool()
    const result = transcode(Buffer.concat(log), { ...fromStart, pool })
    const messages = codecs.map((_, i) => ({ offset: BigInt(i), timestamp: 0n, key: null, value }))
    assert.ok(result.bytes.equals(slowEncode(messages)))
    result.release()
    assert.equal(pool.stats().outstanding, 0)
  })

  it('needs no more memory than it reserves for the records that grow most', () => {
    const byte = Buffer.from('x')
    const records = Array.from({ length: 60 }, (_, offsetDelta) => ({ offsetDelta, key: byte, value: byte }))
    const log = encodeBatch({ baseOffset: 2n ** 63n - 5000n, baseTimestamp: -5n, records })
    const result = transcode(log, fromStart)
    const slow = slowDecode(log, fromStart)
    assert.ok(!slow.refused && result.bytes.equals(slowEncode(slow.messages)))
    const growth = result.bytes.length / records.length - 9
    assert.ok(growth === 20 && growth <= MESSAGE_OVERHEAD, `a message is ${growth} bytes longer than its record`)
  })
})

describe('transcode, of a bad batch', () => {
  it('names the offsets and the way past them', () => {
    const error = rejection(withByte(batchOf(40n, 3), 70, 0xff), { ...fromStart, fromOffset: 41n })
    assert.equal(error.code, 'KAFKA_CORRUPT_BATCH')
    assert.equal(error.retriable, false)
    assert.match(
      error.message,
      /^record batch at offsets 40 to 42 is damaged \(it has CRC-32C 0x[0-9a-f]{8} where its header says 0x[0-9a-f]{8}\): by its header, fetch from offset 43, or further on, to go on$/,
    )
    assert.deepEqual(error.offsets, { badFrom: 40n, next: 43n })
  })

  it('is sure of the way past it when a good batch stands behind it', () => {
    const bad = withByte(batchOf(40n, 3), 70, 0xff)
    const { message } = rejection(Buffer.concat([bad, batchOf(50n, 2)]), { ...fromStart, fromOffset: 40n })
    assert.match(message, /^record batch at offsets 40 to 42 is damaged .*: fetch from offset 43 to go on$/)
  })

  it('believes the good batch behind it rather than its own header', () => {
    const far = batchOf(40n, 3)
    far.writeInt32BE(1_000_000, 23)
    const log = Buffer.concat([far, batchOf(43n, 2)])
    assert.deepEqual(rejection(log, { ...fromStart, fromOffset: 41n }).offsets, { badFrom: 40n, next: 43n })
    // Nothing good behind it: the header is all there is.
    const alone = rejection(far, { ...fromStart, fromOffset: 41n })
    assert.deepEqual(alone.offsets, { badFrom: 40n, next: 1_000_041n })
    assert.match(alone.message, /by its header, fetch from offset 1000041, or further on, to go on$/)
  })

  it('says that it does not know where a batch ends whose header makes no sense', () => {
    const senseless = batchOf(40n, 3)
    senseless.writeInt32BE(-7, 23)
    const behind = batchOf(30n, 3)
    for (const bytes of [
      senseless,
      withByte(behind, 70, 0xff),
      withByte(senseless, 16, 9),
      senseless.subarray(0, 30),
    ]) {
      const error = rejection(bytes, { ...fromStart, fromOffset: 41n })
      assert.match(
        error.message,
        /^record batch at offset \d\d is damaged \(it .*\); where it ends is not known: fetch from offset 42, or further on, to go on$/,
      )
      assert.equal(error.offsets?.next, 42n)
    }
  })

  it('can be gone past with the offset that its error names', () => {
    const bad = [
      withByte(batchOf(2n, 2), 70, 0xff),
      batchOf(2n, 2, { attributes: 1 }),
      batchOf(2n, 2, { recordCount: 3 }),
      withByte(batchOf(2n, 2), 24, 0x7f),
    ]
    for (const each of bad) {
      const log = Buffer.concat([batchOf(0n, 2), each, batchOf(4n, 2)])
      const first = transcode(log, fromStart)
      assert.deepEqual([first.recordCount, first.nextOffset], [2, 2n])
      const { offsets } = rejection(log.subarray(batchOf(0n, 2).length), { ...fromStart, fromOffset: first.nextOffset })
      assert.deepEqual(offsets, { badFrom: 2n, next: 4n })
      assert.equal(transcode(batchOf(4n, 2), { ...fromStart, fromOffset: 4n }).nextOffset, 6n)
    }
  })

  it('first delivers what comes before it', () => {
    const log = Buffer.concat([batchOf(0n, 2), withByte(batchOf(2n, 2), 70, 0xff), batchOf(4n, 2)])
    const first = transcode(log, fromStart)
    assert.deepEqual([first.recordCount, first.nextOffset], [2, 2n])
    assert.match(
      rejection(log, { ...fromStart, fromOffset: first.nextOffset }).message,
      /offsets 2 to 3 .* offset 4 to go on$/,
    )
  })

  it('gives its memory back when it refuses', () => {
    const pool = new SlabPool()
    rejection(withByte(batchOf(0n, 1), 65, 0xff), { ...fromStart, pool })
    assert.equal(pool.stats().outstanding, 0)
  })

  it('says which message format it does not read', () => {
    for (const magic of [0, 1]) {
      const error = rejection(withByte(batchOf(3n, 1), 16, magic))
      assert.equal(
        error.message,
        `record batch at offsets 3 to 3 has message format ${magic} of before Kafka 0.11, where only 2 is read: ` +
          'by its header, fetch from offset 4, or further on, to go on',
      )
    }
  })

  it('takes no batch in a batch: what is decompressed is records', () => {
    const inner = batchOf(0n, 2, { codec: 'gzip' })
    for (const body of [inner, inner.subarray(61)]) {
      const wrapper = encodeBatch({ baseOffset: 0n, records: [], recordCount: 2, codec: 'gzip', body: gzipSync(body) })
      assert.match(rejection(wrapper).message, /is damaged \(it has a /)
    }
  })

  it('delivers nothing at an offset that the batches around contradict', () => {
    // No checksum covers the base offset: a bit of it flips, 2 becomes 66.
    const moved = withByte(batchOf(2n, 2), 7, 66)
    const log = Buffer.concat([batchOf(0n, 2), moved, batchOf(4n, 2)])
    const first = transcode(log, fromStart)
    assert.deepEqual([first.recordCount, first.nextOffset], [2, 2n])
    const error = rejection(log.subarray(batchOf(0n, 2).length), { ...fromStart, fromOffset: 2n })
    assert.match(error.message, /it ends at offset 67, but the batch behind it begins at 4\)/)
    // The other way: 4 becomes 0, and the batch before it begins where it is due.
    const back = Buffer.concat([batchOf(0n, 2), batchOf(2n, 2), withByte(batchOf(4n, 2), 7, 0)])
    assert.deepEqual([transcode(back, fromStart).recordCount, transcode(back, fromStart).nextOffset], [4, 4n])
  })

  it('takes no more memory than twice the limit, whatever the records grow to', () => {
    const pool = new SlabPool()
    const lent: number[] = []
    const acquire = pool.acquire.bind(pool)
    pool.acquire = (bytes) => {
      lent.push(bytes)
      return acquire(bytes)
    }
    const options = { ...fromStart, pool, limits: { maxDecompressedBytes: 100_000 } }
    // 15,000 records of 7 bytes would need 345,000.
    const records = Array.from({ length: 15_000 }, (_, i) => ({ offsetDelta: i % 60 }))
    for (const codec of ['none', 'lz4'] as const) {
      const batch = encodeBatch({ baseOffset: 1n, codec, records: records.slice(0, 14_000), lastOffsetDelta: 59 })
      const error = rejection(Buffer.concat([batch, batchOf(100n, 1)]), { ...options, fromOffset: 1n })
      assert.equal(
        error.message,
        'record batch at offsets 1 to 60 makes an answer of more than the 200000 bytes allowed: ' +
          'fetch from offset 61 to go on',
      )
      const behind = transcode(Buffer.concat([batchOf(0n, 1), batch]), options)
      assert.equal(behind.nextOffset, 1n)
      behind.release()
    }
    assert.equal(Math.max(...lent), 200_000)
    assert.equal(pool.stats().outstanding, 0)
  })

  it('ends an answer that grows more than 1000 times in all, and goes on with the next', () => {
    const records = [{ offsetDelta: 0, value: Buffer.alloc(700_000) }]
    const log = [0n, 1n, 2n].map((baseOffset) => encodeBatch({ baseOffset, codec: 'zstd', records }))
    for (const [index, fromOffset] of [0n, 1n, 2n].entries()) {
      const result = transcode(Buffer.concat(log.slice(index)), { ...fromStart, fromOffset })
      assert.deepEqual([result.recordCount, result.nextOffset], [1, fromOffset + 1n])
    }
  })

  const lies: [string, Buffer, RegExp][] = [
    ['too many records', batchOf(0n, 2, { recordCount: 1_000_000_000 }), /says it has 1000000000 records, in 18 bytes/],
    ['one record too many', batchOf(0n, 2, { recordCount: 1 }), /has 9 bytes after its 1 records/],
    ['a negative count', batchOf(0n, 2, { recordCount: -1 }), /says it has -1 records/],
    ['a record past the last offset', batchOf(0n, 3, { lastOffsetDelta: 1 }), /offset outside the batch/],
    [
      'a record beyond the batch',
      batchOf(0n, 1, { body: Buffer.from('7e000000010000', 'hex') }),
      /ends outside the batch/,
    ],
    [
      'a key beyond its record',
      batchOf(0n, 1, { body: Buffer.from('0c000000400000', 'hex') }),
      /key outside its record/,
    ],
    [
      'a value beyond its record',
      batchOf(0n, 1, { body: Buffer.from('0c000000014000', 'hex') }),
      /value outside its record/,
    ],
    [
      'headers that are not there',
      batchOf(0n, 1, { body: Buffer.from('0c000000010102', 'hex') }),
      /has a length that leads out/,
    ],
    [
      'a negative count of headers',
      batchOf(0n, 1, { body: Buffer.from('0c000000010101', 'hex') }),
      /negative count of headers/,
    ],
    [
      'a header without a key',
      batchOf(0n, 1, { body: Buffer.from('0e00000001010201', 'hex') }),
      /header key outside its record/,
    ],
    [
      'a header whose value is longer than its record',
      batchOf(0n, 1, { body: Buffer.from('10000000010102007e', 'hex') }),
      /header value outside its record/,
    ],
    ['an endless varint', batchOf(0n, 1, { body: Buffer.alloc(20, 0xff) }), /varint beyond 32 bits/],
    ['an unknown codec', batchOf(0n, 1, { attributes: 6 }), /codec 6, which Kafka does not define/],
    ['a body that is no gzip', batchOf(0n, 1, { attributes: 1 }), /cannot be decompressed/],
    ['the last offset there is', batchOf(2n ** 63n - 1n, 1), /has an offset beyond 64 bits/],
    ['a negative offset', batchOf(-2n, 1), /has a negative offset/],
    ['an end before its beginning', batchOf(9n, 1, { lastOffsetDelta: -1 }), /ends before it begins/],
    ['a length that is too short', withByte(batchOf(0n, 1), 11, 5), /says it is 5 bytes long/],
    ['more bytes than there are', batchOf(0n, 1).subarray(0, 65), /is cut off/],
  ]
  for (const [what, bytes, message] of lies) {
    it(`refuses ${what}`, () => {
      const error = rejection(bytes)
      assert.equal(error.code, 'KAFKA_CORRUPT_BATCH')
      assert.match(error.message, message)
    })
  }

  for (const codec of ['gzip', 'snappy', 'snappy-xerial', 'lz4', 'zstd'] as const) {
    it(`stops ${codec} at the limit, with the batches before it delivered`, () => {
      const large = { codec, records: [{ offsetDelta: 0, value: Buffer.alloc(60_000) }] }
      const log = Buffer.concat([batchOf(0n, 1, { codec }), encodeBatch({ baseOffset: 1n, ...large })])
      const options = { ...fromStart, limits: { maxDecompressedBytes: 50_000 } }
      const first = transcode(log, options)
      assert.deepEqual([first.recordCount, first.nextOffset], [1, 1n])
      const error = rejection(log, { ...options, fromOffset: 1n })
      assert.equal(error.code, 'KAFKA_BATCH_TOO_LARGE')
      assert.match(
        error.message,
        /^record batch at offsets 1 to 1 decompresses to more than the 50000 bytes allowed: fetch from offset 2 to go on$/,
      )
    })
  }

  it('counts all batches of an answer together against the limit', () => {
    const records = [{ offsetDelta: 0, value: Buffer.alloc(30_000) }]
    const log = [0n, 1n, 2n].map((baseOffset) => encodeBatch({ baseOffset, codec: 'lz4', records }))
    const result = transcode(Buffer.concat(log), { ...fromStart, limits: { maxDecompressedBytes: 70_000 } })
    assert.deepEqual([result.recordCount, result.nextOffset], [2, 2n])
  })
})
