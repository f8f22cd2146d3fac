import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader } from '../../src/primitives/reader.ts'
import { Writer } from '../../src/primitives/writer.ts'

const PROTOCOL = { code: 'KAFKA_PROTOCOL' }

function read(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

test('reads numbers in network order', () => {
  const reader = read(`ff${'fffe'}${'00010000'}${'8000000000000000'}01${'00112233445566778899aabbccddeeff'}`)
  assert.equal(reader.int8(), -1)
  assert.equal(reader.int16(), -2)
  assert.equal(reader.int32(), 65536)
  assert.equal(reader.int64(), -(2n ** 63n))
  assert.equal(reader.boolean(), true)
  assert.equal(reader.uuid(), '00112233445566778899aabbccddeeff')
  assert.equal(reader.remaining, 0)
})

test('reads unsigned varints up to 32 bits and refuses longer ones', () => {
  assert.equal(read('ac02').uvarint(), 300)
  assert.equal(read('ffffffff0f').uvarint(), 0xffffffff)
  assert.throws(() => read('ffffffff1f').uvarint(), PROTOCOL)
  assert.throws(() => read('ffffffffff01').uvarint(), PROTOCOL)
})

test('reads null and empty strings and bytes in both forms', () => {
  assert.equal(read('ffff').nullableString(false), null)
  assert.equal(read('00').nullableString(true), null)
  assert.equal(read('01').string(true), '')
  assert.equal(read('0002c3a9').string(false), 'é')
  assert.equal(read('ffffffff').nullableBytes(false), null)
  assert.deepEqual(read('03aabb').bytes(true), Buffer.from('aabb', 'hex'))
  assert.throws(() => read('ffff').string(false), PROTOCOL)
  assert.throws(() => read('00').bytes(true), PROTOCOL)
})

test('refuses lengths below -1 and beyond the frame', () => {
  assert.throws(() => read('fffe').nullableString(false), PROTOCOL)
  assert.throws(() => read('000361').string(false), PROTOCOL)
  assert.throws(() => read('80000000').nullableBytes(false), PROTOCOL)
  assert.throws(() => read('ff0f00').bytes(true), PROTOCOL)
})

test('checks the count of an array against the bytes left before reading any element', () => {
  let elements = 0
  const element = (reader: Reader): number => {
    elements++
    return reader.int32()
  }
  assert.throws(() => read('7fffffff00000001').array(false, 4, element), PROTOCOL)
  assert.throws(() => read('fffffffe').array(false, 4, element), PROTOCOL)
  assert.throws(() => read('ffffffff0f00').array(true, 1, element), PROTOCOL)
  assert.throws(() => read('00000003000000').skipInt32Array(false), PROTOCOL)
  assert.equal(elements, 0)
  assert.deepEqual(read('ffffffff').array(false, 4, element), [])
  assert.deepEqual(read('030000000100000002').array(true, 4, element), [1, 2])
})

test('passes over tagged fields and gives out the wanted ones, which cannot be over-read', () => {
  const reader = read('020001aa0502bbccdd')
  const seen: [number, number][] = []
  reader.taggedFields((tag, field) => {
    seen.push([tag, field.remaining])
    if (tag === 0) assert.throws(() => field.int16(), PROTOCOL)
  })
  assert.deepEqual(seen, [
    [0, 1],
    [5, 2],
  ])
  assert.equal(reader.remaining, 1)
  assert.throws(() => read('010009aa').taggedFields(), PROTOCOL)
})

const uvarint = (value: number): Buffer => new Writer().uvarint(value).toBuffer()

test('arrays share one bound, those inside others and in tagged fields too', () => {
  const nested = (outer: number, inner: number): Reader => {
    const items = Buffer.concat([uvarint(inner + 1), Buffer.alloc(inner)])
    return new Reader(Buffer.concat([uvarint(outer + 1), Buffer.alloc(outer * items.length, items)]))
  }
  const readNested = (reader: Reader) => reader.array(true, 1, () => reader.array(true, 1, () => reader.int8()).length)
  assert.equal(readNested(nested(700, 700)).length, 700)
  assert.throws(() => readNested(nested(710, 710)), { ...PROTOCOL, message: /more than 500000 elements/ })

  const field = Buffer.concat([uvarint(300_001), Buffer.alloc(300_000)])
  const elementsOf = (fields: number): number => {
    const each = Buffer.concat([uvarint(0), uvarint(field.length), field])
    let elements = 0
    new Reader(Buffer.concat([uvarint(fields), Buffer.alloc(fields * each.length, each)])).taggedFields((_, part) => {
      elements += part.array(true, 1, () => part.int8()).length
    })
    return elements
  }
  assert.equal(elementsOf(1), 300_000)
  assert.throws(() => elementsOf(2), { ...PROTOCOL, message: /more than 500000 elements/ })
})

test('strings are no longer than Kafka has them', () => {
  const compact = (length: number) => new Reader(new Writer().string('x'.repeat(length), true).toBuffer())
  assert.equal(compact(32767).string(true).length, 32767)
  assert.throws(() => compact(32768).string(true), { ...PROTOCOL, message: /a string claims 32768 bytes/ })
})
