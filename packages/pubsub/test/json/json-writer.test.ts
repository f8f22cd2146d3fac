import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createCodec } from '../../src/codec.ts'
import { type BytesForm, type BytesForms, base64Everywhere } from '../../src/json/bytes-forms.ts'
import { messageFromJson } from '../../src/json/from-json.ts'
import { parseJson } from '../../src/json/json-number.ts'
import { JsonWriter } from '../../src/json/json-writer.ts'
import { encodeMessage } from '../../src/message.ts'
import { all, encodeAll } from '../support/json-proto.ts'
import { logProtocol } from '../support/proto.ts'

const write = (message: object, forms: BytesForms = base64Everywhere): string =>
  new JsonWriter(forms).write(all, encodeAll(message))

/** What stands for the field `data` alone. */
const dataIn = (encoded: Buffer, form: BytesForm): string => {
  const text = new JsonWriter((name) => (name === 'data' ? form : 'base64')).write(all, encoded)
  const [, members = ''] = text.split('"text":""')
  return members.slice(1, members.indexOf('"color":')).replace(/,$/, '')
}

describe('a message as JSON', () => {
  it('shows fields that hold their default, but not absent messages nor members of a oneof', () => {
    assert.equal(
      write({}),
      '{"signed":"0","unsigned":"0","small":0,"natural":0,"real":0,"flag":false,"text":"","data":"","color":"NONE",' +
        '"numbers":[],"parts":[],"list":[]}',
    )
  })

  it('writes every kind of field by the proto3 JSON mapping', () => {
    const written: unknown = JSON.parse(
      write({
        signed: '-9223372036854775808',
        unsigned: '18446744073709551615',
        small: -1,
        natural: 4294967295,
        real: 0.5,
        flag: true,
        text: '"\u0000é\u2028',
        data: Buffer.from([255]),
        color: 1,
        inner: {},
        numbers: ['9007199254740993', '-1'],
        parts: [Buffer.from('a'), Buffer.alloc(0)],
        first: '',
      }),
    )
    assert.deepEqual(written, {
      ...JSON.parse(write({})),
      signed: '-9223372036854775808',
      unsigned: '18446744073709551615',
      small: -1,
      natural: 4294967295,
      real: 0.5,
      flag: true,
      text: '"\u0000é\u2028',
      data: '/w==',
      color: 'RED',
      inner: JSON.parse(write({})),
      numbers: ['9007199254740993', '-1'],
      parts: ['YQ==', ''],
      first: '',
    })
    assert.match(write({ real: Number.NaN, color: 7 }), /"real":"NaN".*"color":7/)
  })

  const cases: readonly [what: string, data: Buffer | undefined, text: string, json: string][] = [
    ['text', Buffer.from('h"é'), '"data":"h\\"é"', '"data_text":"h\\"é"'],
    ['no UTF-8', Buffer.from([0xc3, 0x28]), '"data_base64":"wyg="', '"data_base64":"wyg="'],
    ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80]), '"data_base64":"7aCA"', '"data_base64":"7aCA"'],
    ['a byte order mark', Buffer.from('\ufeff{}'), '"data":"\ufeff{}"', '"data_text":"\ufeff{}"'],
    [
      'JSON',
      Buffer.from('{"id": 12345678901234567890}'),
      '"data":"{\\"id\\": 12345678901234567890}"',
      '"data":{"id": 12345678901234567890}',
    ],
    ['a JSON string', Buffer.from('"x"'), '"data":"\\"x\\""', '"data":"x"'],
    ['the JSON null', Buffer.from('null'), '"data":"null"', '"data":null'],
    ['JSON and more', Buffer.from('{} {}'), '"data":"{} {}"', '"data_text":"{} {}"'],
    ['nothing, but set', Buffer.alloc(0), '"data":""', '"data_text":""'],
    ['not set', undefined, '', ''],
  ]
  for (const [what, data, text, json] of cases) {
    it(`bytes: ${what}`, () => {
      // By hand, for an encoder may leave out a field that is set and empty.
      const encoded = data === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x42, data.length]), data])
      assert.equal(dataIn(encoded, 'text'), text)
      assert.equal(dataIn(encoded, 'json'), json)
    })
  }

  it('gives all bytes of a list one form, under one name', () => {
    const parts = [Buffer.from('{}'), Buffer.from('x')]
    assert.match(
      write({ parts }, () => 'json'),
      /"parts_text":\["\{\}","x"\]/,
    )
    assert.match(
      write({ parts: [...parts, Buffer.from([255])] }, () => 'json'),
      /"parts_base64":\["e30=","eA==","\/w=="\]/,
    )
    assert.match(
      write({ parts: parts.slice(0, 1) }, () => 'json'),
      /"parts":\[\{\}\]/,
    )
    assert.match(
      write({}, () => 'json'),
      /"parts":\[\]/,
    )
  })

  it('is the same in pieces, of which a long list makes several', () => {
    const type = createCodec(logProtocol).responses.get('read_resp')
    assert.ok(type)
    const counts = [0, 1, 500].map((count) => {
      const entries = Array.from({ length: count }, (_, offset) => ({
        offset: String(offset),
        value: Buffer.alloc(1000),
      }))
      const encoded = type.encode(type.fromObject({ entries })).finish()
      // A field that the protocol does not have, as of a scheme that is newer.
      const bytes = Buffer.concat([encoded, Buffer.from([0x7a, 1, 7])])
      const writer = new JsonWriter(base64Everywhere)
      const pieces: string[] = []
      const made = writer.pieces(type, bytes)
      for (let piece = made.next(); ; piece = made.next()) {
        pieces.push(piece.value)
        if (piece.done === true) break
      }
      assert.equal(pieces.join(''), writer.write(type, bytes))
      return pieces.length
    })
    assert.deepEqual(counts, [1, 1, 4])
  })

  it('reads back as what was written, in every form', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.string().map(Buffer.from), fc.json().map(Buffer.from)).map(Buffer.from)
    const message = fc.record({
      signed: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      text: fc.string({ unit: 'grapheme' }),
      data: bytes,
      parts: fc.array(bytes, { minLength: 1 }),
      second: bytes,
      real: fc.double(),
    })
    fc.assert(
      fc.property(message, fc.constantFrom<BytesForm>('base64', 'text', 'json'), (given, form) => {
        const encoded = encodeMessage(all, given)
        const json = new JsonWriter(() => form).write(all, encoded)
        const read = encodeMessage(
          all,
          messageFromJson(all, parseJson(json), () => form),
        )
        const again = new JsonWriter(() => form).write(all, read)
        if (form !== 'json') assert.deepEqual(read, encodeMessage(all, { ...defaults, ...given }))
        assert.deepEqual(JSON.parse(again), JSON.parse(json))
      }),
    )
  })
})

const defaults = { unsigned: 0n, small: 0, natural: 0, flag: false, color: 0, numbers: [], list: [] }
