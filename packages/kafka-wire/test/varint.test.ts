import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cursor, highWord, lowWord, readVarint, readVarlong } from '../src/varint.ts'

const viewOf = (hex: string): DataView => new DataView(Uint8Array.from(Buffer.from(hex, 'hex')).buffer)

const longOf = (hex: string): bigint => {
  readVarlong(viewOf(hex), 0)
  return (BigInt(highWord) << 32n) | BigInt(lowWord >>> 0)
}

describe('varints of Kafka', () => {
  it('are read up to both ends of 32 bits', () => {
    const values: [string, number][] = [
      ['00', 0],
      ['01', -1],
      ['02', 1],
      ['ac02', 150],
      ['feffffff0f', 2 ** 31 - 1],
      ['ffffffff0f', -(2 ** 31)],
      ['8080808000', 0],
    ]
    for (const [hex, value] of values) {
      assert.equal(readVarint(viewOf(hex), 0), value, hex)
      assert.equal(cursor, hex.length / 2)
    }
  })

  it('beyond 32 bits are refused, and those that do not end', () => {
    for (const hex of ['8080808010', '808080808000', 'ffffffff1f', 'ffffffffff']) {
      assert.throws(() => readVarint(viewOf(hex), 0), { code: 'KAFKA_CORRUPT_BATCH', message: /varint beyond 32 bits/ })
    }
    assert.throws(() => readVarint(viewOf('8080'), 0), RangeError)
  })

  it('are read up to both ends of 64 bits', () => {
    const values: [string, bigint][] = [
      ['00', 0n],
      ['01', -1n],
      ['8080808010', 2n ** 31n],
      ['feffffffffffffffff01', 2n ** 63n - 1n],
      ['ffffffffffffffffff01', -(2n ** 63n)],
    ]
    for (const [hex, value] of values) {
      assert.equal(longOf(hex), value, hex)
      assert.equal(cursor, hex.length / 2)
    }
  })

  it('beyond 64 bits are refused, and those that do not end', () => {
    for (const hex of ['80808080808080808002', '8080808080808080808000', 'ffffffffffffffffffff']) {
      assert.throws(() => longOf(hex), { code: 'KAFKA_CORRUPT_BATCH', message: /varint beyond 64 bits/ })
    }
    assert.throws(() => longOf('808080808080'), RangeError)
  })
})
