import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32c } from '../src/crc32c.ts'
import { slowCrc32c } from './slow-decoder.ts'

describe('crc32c', () => {
  it('gives the values of RFC 3720, appendix B.4', () => {
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
    assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e)
  })

  it('gives the same by table and by native code, for any range', () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) & 0xff))
    for (let length = 0; length <= 200; length++) {
      assert.equal(crc32c(bytes, 50, 50 + length), slowCrc32c(bytes.subarray(50, 50 + length)), `${length} bytes`)
    }
  })
})
