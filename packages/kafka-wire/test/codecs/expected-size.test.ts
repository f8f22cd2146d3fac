import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import fc from 'fast-check'
import { expectedSize } from '../../src/codecs/expected-size.ts'
import { runsOf } from '../support/arbitrary-log.ts'
import { snappyXerial } from '../support/encode-batch.ts'

const KIBIBYTE = 1024

const codecs = [
  { name: 'gzip', codec: 1, compress: (plain: Buffer) => gzipSync(plain) },
  { name: 'snappy', codec: 2, compress: snappyCompress },
  { name: 'snappy of the Java client', codec: 2, compress: snappyXerial },
  { name: 'lz4', codec: 3, compress: lz4Compress },
  { name: 'zstd', codec: 4, compress: (plain: Buffer) => zstdCompressSync(plain) },
] as const

/** Words in random order, by the numbers of Park and Miller, which codecs bring to a third or less. */
const text = (bytes: number): Buffer => {
  let state = 1
  const words = Array.from({ length: bytes / 6 }, () => {
    state = (state * 48_271) % 0x7fffffff
    return `word${(state >>> 8) & 0xff} `
  })
  return Buffer.from(words.join('').slice(0, bytes))
}

describe('what a batch is expected to become', () => {
  for (const { name, codec, compress } of codecs) {
    test(`${name}: near what it becomes, for text`, () => {
      for (const kibibytes of [256, 1024, 4096]) {
        const expected = expectedSize(codec, compress(text(kibibytes * KIBIBYTE))) / (kibibytes * KIBIBYTE)
        assert.ok(expected > 0.3 && expected <= 8, `${kibibytes} KiB: ${expected} of it`)
      }
    })
  }

  test('gzip and zstd: what they say of nothing but repetition', () => {
    const plain = Buffer.alloc(16 * 1024 * KIBIBYTE)
    assert.equal(expectedSize(1, gzipSync(plain)), plain.length)
    assert.ok(expectedSize(4, zstdCompressSync(plain)) >= plain.length)
  })

  test('zstd without a size in its header: by its blocks', () => {
    const sized = zstdCompressSync(text(1024 * KIBIBYTE), { pledgedSrcSize: 1024 * KIBIBYTE })
    assert.equal(expectedSize(4, sized), 1024 * KIBIBYTE)
    const blocks = Buffer.concat([
      Buffer.from('28b52ffd0058', 'hex'),
      // RLE blocks of 128 KiB; the last one has its bit set.
      ...[0, 0, 1].map((last) => Buffer.from([((1 << 1) | last) & 0xff, 0, 0x10, 0x61])),
    ])
    assert.equal(expectedSize(4, Buffer.concat([blocks, Buffer.alloc(20)])), 3 * 128 * KIBIBYTE)
  })

  test('takes any bytes', () => {
    const magic = fc.constantFrom('', '28b52ffd', '1f8b08', '04224d18', '82534e4150505900')
    const input = fc
      .tuple(magic, fc.uint8Array({ maxLength: 60 }))
      .map(([head, tail]) => Buffer.concat([Buffer.from(head, 'hex'), tail]))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), input, (codec, bytes) => {
        assert.ok(expectedSize(codec, bytes) >= 0)
      }),
      runsOf(500, 20_000),
    )
  })
})
