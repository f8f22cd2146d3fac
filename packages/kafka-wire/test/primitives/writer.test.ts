import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader } from '../../src/primitives/reader.ts'
import { Writer } from '../../src/primitives/writer.ts'

test('what is written reads back, in both forms', () => {
  for (const flexible of [false, true]) {
    const writer = new Writer()
      .int8(-1)
      .int16(-2)
      .int32(7)
      .int64(-(2n ** 63n))
      .boolean(true)
      .uvarint(0xffffffff)
    writer.uuid('00112233445566778899aabbccddeeff').string('é', flexible).string(null, flexible)
    writer.bytes(Buffer.from([1, 2]), flexible).array([5, 6], flexible, (value) => writer.int32(value))
    const reader = new Reader(writer.noTaggedFields(flexible).toBuffer())
    assert.deepEqual([reader.int8(), reader.int16(), reader.int32()], [-1, -2, 7])
    assert.deepEqual([reader.int64(), reader.boolean(), reader.uvarint()], [-(2n ** 63n), true, 0xffffffff])
    assert.equal(reader.uuid(), '00112233445566778899aabbccddeeff')
    assert.deepEqual([reader.string(flexible), reader.nullableString(flexible)], ['é', null])
    assert.deepEqual(reader.bytes(flexible), Buffer.from([1, 2]))
    assert.deepEqual(
      reader.array(flexible, 4, () => reader.int32()),
      [5, 6],
    )
    if (flexible) reader.taggedFields()
    assert.equal(reader.remaining, 0)
  }
})

test('grows at every kind of value without losing one', () => {
  const kinds: readonly ((writer: Writer) => void)[] = [
    (writer) => writer.int8(1),
    (writer) => writer.int16(1),
    (writer) => writer.int32(1),
    (writer) => writer.int64(1n),
    (writer) => writer.uvarint(1),
    (writer) => writer.uuid('00112233445566778899aabbccddeeff'),
    (writer) => writer.string('x'.repeat(600), false),
    (writer) => writer.bytes(Buffer.alloc(600, 7), false),
  ]
  for (const kind of kinds) {
    const alone = new Writer()
    kind(alone)
    const late = new Writer()
    for (let count = 0; count < 256; count++) late.int8(3)
    kind(late)
    assert.deepEqual(late.toBuffer().subarray(256), alone.toBuffer())
    assert.deepEqual(late.toBuffer().subarray(0, 256), Buffer.alloc(256, 3))
  }
})

test('a missing uuid is zero', () => {
  assert.deepEqual(new Writer().uuid('').toBuffer(), Buffer.alloc(16))
})
