import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import fc from 'fast-check'
import { BatchDefect } from '../../src/batch-defect.ts'
import { decompress } from '../../src/codecs/index.ts'
import { runsOf } from '../support/arbitrary-log.ts'
import { snappyXerial } from '../support/encode-batch.ts'

const CODECS: [name: string, id: number, compress: (plain: Buffer) => Buffer][] = [
  ['gzip', 1, (plain) => gzipSync(plain)],
  ['snappy', 2, snappyCompress],
  ['snappy in xerial framing', 2, (plain) => snappyXerial(plain, 1000)],
  ['lz4', 3, lz4Compress],
  ['zstd', 4, (plain) => zstdCompressSync(plain)],
]

const limits = { maxDecompressedBytes: 2 * 1024 * 1024 }

/** Bytes with repeats at all the distances and lengths at which the decoders change their way. */
const repetitive = fc
  .array(
    fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 30 }),
      fc.constantFrom(1, 2, 3, 5, 9, 40, 400),
      fc.uint8Array({ maxLength: 200 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts.flatMap(([unit, times, noise]) => [...Array(times).fill(unit), noise])))

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof BatchDefect, `not a BatchDefect: ${error}`)
    return error.code
  }
  return 'read'
}

for (const [name, id, compress] of CODECS) {
  describe(`decompress ${name}`, () => {
    it('gives back what was compressed', () => {
      const property = fc.property(repetitive, (plain) => {
        assert.ok(decompress(id, compress(plain), limits).equals(plain))
      })
      fc.assert(property, runsOf(500, 5000))
    })

    it('reads several blocks', () => {
      const plain = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >>> 7).map((n) => n & 0xff))
      assert.ok(decompress(id, compress(plain), limits).equals(plain))
    })

    it('reads exactly the limit and refuses a byte more', () => {
      const compressed = compress(Buffer.alloc(100_000, 'abc'))
      assert.equal(decompress(id, compressed, { maxDecompressedBytes: 100_000 }).length, 100_000)
      const under = () => decompress(id, compressed, { maxDecompressedBytes: 99_999 })
      assert.equal(codeOf(under), 'KAFKA_BATCH_TOO_LARGE')
    })

    it('stays in its bounds whatever it is given', () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
      const property = fc.property(repetitive, changes, fc.nat(), (plain, bytes, cut) => {
        const compressed = Buffer.from(compress(plain))
        for (const [at, byte] of bytes) compressed.writeUInt8(byte, at % compressed.length)
        const outcome = codeOf(() => {
          const given = cut % 3 === 0 ? compressed.subarray(0, cut % compressed.length) : compressed
          assert.ok(decompress(id, given, limits).length <= limits.maxDecompressedBytes)
        })
        assert.match(outcome, /^(read|KAFKA_CORRUPT_BATCH|KAFKA_BATCH_TOO_LARGE)$/)
      })
      fc.assert(property, runsOf(500, 5000))
    })
  })
}

describe('decompress', () => {
  it('refuses more than 1000 times the input, above 1 MiB', () => {
    const bomb = zstdCompressSync(Buffer.alloc(16 * 1024 * 1024))
    assert.ok(bomb.length < 16 * 1024)
    const code = codeOf(() => decompress(4, bomb, { maxDecompressedBytes: 64 * 1024 * 1024 }))
    assert.equal(code, 'KAFKA_BATCH_TOO_LARGE')
  })

  it('takes no memory for a length that is only claimed', () => {
    // Raw snappy blocks that say they are 4 GiB and 512 KiB long, and the same in xerial framing.
    for (const [hex, bytes] of [
      ['ffffffff0f00', 4294967295],
      ['808020000000', 524288],
    ] as const) {
      const claims = Buffer.from(hex, 'hex')
      const framed = Buffer.concat([Buffer.from('82534e4150505900000000010000000100000006', 'hex'), claims])
      const message = new RegExp(`claims ${bytes} bytes of 6 snappy bytes`)
      assert.throws(() => decompress(2, claims, limits), { code: 'KAFKA_CORRUPT_BATCH', message })
      assert.throws(() => decompress(2, framed, limits), { code: 'KAFKA_CORRUPT_BATCH', message })
    }
  })

  it('reads zstd frames that ask for a window of 128 MiB, as level 22 does, and refuses larger ones', () => {
    const frame = (windowLog: number) =>
      Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3]), Buffer.from('2b000061', 'hex')])
    assert.equal(decompress(4, frame(27), limits).toString(), 'aaaaa')
    assert.equal(
      codeOf(() => decompress(4, frame(28), limits)),
      'KAFKA_CORRUPT_BATCH',
    )
  })

  it('refuses a snappy copy from the block before, or from memory nobody wrote', () => {
    // "abcd", then a block of "x" and four bytes from three back.
    const framed = Buffer.from(
      '82534e4150505900000000010000000100000006040c616263640000000505007801 03'.replace(' ', ''),
      'hex',
    )
    assert.throws(() => decompress(2, framed, limits), /has a snappy copy outside its block/)
    assert.throws(() => decompress(2, framed.subarray(30), limits), /has a snappy copy outside its block/)
  })

  it('refuses a snappy block that gives fewer bytes than it says, and an lz4 block that gives more', () => {
    assert.throws(() => decompress(2, Buffer.from('050c61626364', 'hex'), limits), /of another length than it says/)
    // A block of at most 64 KiB: one literal, repeated 70,000 times.
    const length = Buffer.concat([Buffer.alloc(274, 0xff), Buffer.from([111])])
    const block = Buffer.concat([Buffer.from('1f610100', 'hex'), length, Buffer.from('1061', 'hex')])
    const size = Buffer.alloc(4)
    size.writeUInt32LE(block.length)
    const frame = Buffer.concat([Buffer.from('04224d18604000', 'hex'), size, block, Buffer.alloc(4)])
    assert.throws(() => decompress(3, frame, limits), /an lz4 block larger than its frame allows/)
  })

  it('reads lz4 frames with linked blocks, checksums, a content size and a stored block, one after the other', () => {
    const frame = Buffer.from(
      // Blocks "abcde" as literals; then a match of 7 that reaches 5 back, into the block before, and one stored byte.
      `04224d18 5c 40 0d00000000000000 00
       06000000 50 6162636465 00000000
       09000000 03 0500 50 7878787878 00000000
       01000080 21 00000000
       00000000 00000000`.replaceAll(/\s/g, ''),
      'hex',
    )
    const plain = 'abcdeabcdeabxxxxx!'
    assert.equal(decompress(3, frame, limits).toString(), plain)
    assert.equal(decompress(3, Buffer.concat([frame, frame]), limits).toString(), plain + plain)
    // The same with the bit for independent blocks: the match may not leave its block.
    frame.writeUInt8(0x7c, 4)
    assert.equal(
      codeOf(() => decompress(3, frame, limits)),
      'KAFKA_CORRUPT_BATCH',
    )
  })

  it('refuses lz4 that needs a dictionary', () => {
    const frame = Buffer.from('04224d18614000000000000000000000', 'hex')
    assert.throws(() => decompress(3, frame, limits), /needs an lz4 dictionary/)
  })
})
