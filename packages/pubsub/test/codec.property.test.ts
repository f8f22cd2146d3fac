import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createCodec } from '../src/codec.ts'
import type { BytesForm } from '../src/json/bytes-forms.ts'
import { toPlain } from '../src/message.ts'
import { readBinaryRequest, readTextRequest } from '../src/request.ts'
import { logProtocol, request, response } from './support/proto.ts'

const codec = createCodec(logProtocol)
const runs = Number(process.env.SLUICE_PROPERTY_RUNS ?? 500)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const bytesForm = fc.constantFrom<BytesForm>('base64', 'text', 'json')

describe('the codec', () => {
  it('reads every command as protobufjs writes it', () => {
    fc.assert(
      fc.property(int64, fc.string(), int64, fc.integer({ min: 1 }), (sequence, log, offset, max_bytes) => {
        const frame = request({
          sequence: sequence.toString(),
          cmd_read: { log, offset: offset.toString(), max_bytes },
        })
        const read = readBinaryRequest(codec, frame)
        assert.deepEqual(read, {
          kind: 'command',
          sequence,
          isText: false,
          name: 'cmd_read',
          message: { log, offset, max_bytes },
          ordered: false,
        })
      }),
      { numRuns: runs },
    )
  })

  it('refuses a field that reaches beyond its command into what stands behind it', () => {
    // cmd_read of 3 bytes, whose log claims 4, and then a sequence
    const frame = Buffer.from([0x8a, 0x02, 3, 0x0a, 4, 0x61, 0x08, 0x07, 0x08, 0x07])
    const read = readBinaryRequest(codec, frame)
    assert.equal(read.kind, 'refused')
    frame[4] = 1
    assert.partialDeepStrictEqual(readBinaryRequest(codec, frame), {
      kind: 'command',
      message: { log: 'a' },
      sequence: 7n,
    })
  })

  it('writes every answer as protobufjs reads it', () => {
    fc.assert(
      fc.property(int64, fc.array(fc.tuple(int64, fc.string())), (sequence, entries) => {
        const body = codec.encodeResponse('read_resp', {
          entries: entries.map(([offset, value]) => ({ offset, value: Buffer.from(value) })),
        })
        const frame = Buffer.concat([codec.envelopeHead(sequence, 'read_resp', body.length), body])
        const read = response(frame)
        assert.equal(BigInt(String(read.sequence ?? 0)), sequence)
        const type = codec.responses.get('read_resp')
        assert.ok(type)
        assert.deepEqual(
          toPlain(type, type.decode(body)).entries,
          entries.map(([offset, value]) => ({ offset, value: Buffer.from(value) })),
        )
      }),
      { numRuns: runs },
    )
  })

  it('answers anything at all: random bytes, changed commands, any text', () => {
    const prototype = Object.getOwnPropertyNames(Object.prototype).length
    const changed = fc.tuple(fc.string(), int64, fc.nat(), fc.nat(255)).map(([log, offset, at, byte]) => {
      const frame = request({ sequence: 1, cmd_read: { log, offset: offset.toString() } })
      frame[at % frame.length] = byte
      return frame
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }).map(Buffer.from), changed), (frame) => {
        const read = readBinaryRequest(codec, Buffer.from(frame))
        assert.ok(read.kind === 'command' || read.error.place.reply !== undefined)
      }),
      { numRuns: runs },
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), bytesForm, (text, form) => {
        const read = readTextRequest(codec, text, () => form, '{}')
        assert.ok(read.isText && (read.kind === 'command' || read.error.place.reply !== undefined))
      }),
      { numRuns: runs },
    )
    assert.equal(Object.getOwnPropertyNames(Object.prototype).length, prototype)
  })
})
