import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { lz4Codec, snappyCodec, zstdCodec } from '../../src/kafka/codecs.ts'

describe('the codecs for producing', () => {
  const inputs = [Buffer.alloc(0), Buffer.from('short'), Buffer.alloc(200_000, 'ab'), randomBytes(100_000)]
  for (const [name, open] of Object.entries({ snappy: snappyCodec, lz4: lz4Codec, zstd: async () => zstdCodec() })) {
    it(`${name} gives back what it was given`, async () => {
      const codec = await open()
      for (const buffer of inputs) assert.deepEqual(await codec.decompress(await codec.compress({ buffer })), buffer)
    })
  }

  it('snappy is framed as Java frames it', async () => {
    const compressed = await (await snappyCodec()).compress({ buffer: Buffer.alloc(40_000, 'x') })
    assert.equal(compressed.subarray(0, 16).toString('hex'), '82534e41505059000000000100000001')
  })
})
