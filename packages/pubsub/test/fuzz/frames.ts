import fc from 'fast-check'
import { request } from '../support/proto.ts'

/** What a client sends in one message. */
export interface FuzzFrame {
  readonly data: Buffer | string
  /** The sequence that its answer has to have, where the frame is right. */
  readonly sequence?: bigint
}

const int64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 100n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), -1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n),
)

const command = fc.oneof(
  fc.record({ cmd_ping: fc.record({ state: fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)) }) }),
  fc.record({ cmd_read: fc.record({ log: fc.string({ maxLength: 10 }), offset: int64.map(String) }) }),
  fc.record({ cmd_read: fc.record({ offset: int64.map(String), max_bytes: fc.integer() }) }),
  fc.record({ cmd_follow: fc.record({ log: fc.string({ maxLength: 10 }) }) }),
)

const right = fc
  .tuple(int64, command)
  .map(([sequence, body]) => ({ data: request({ sequence: sequence.toString(), ...body }), sequence }))

const rightText = fc.tuple(int64, fc.nat(20), fc.boolean()).map(([sequence, offset, camel]) => {
  const body = { log: 'l', offset: String(offset) }
  const text = { sequence: sequence.toString(), ...(camel ? { cmdRead: body } : { cmd_read: body }) }
  return { data: JSON.stringify(text), sequence }
})

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data))

/** A change at a place: a bit flipped, the rest cut off, bytes put in, or the whole twice. */
const change = fc.tuple(fc.constantFrom('flip', 'cut', 'insert', 'twice'), fc.nat(), fc.nat(255), bytes(5))

const changed = fc.tuple(right, fc.array(change, { minLength: 1, maxLength: 4 })).map(([{ data }, changes]) => ({
  data: changes.reduce<Buffer>(changeBytes, data),
}))

function changeBytes(data: Buffer, [kind, place, byte, inserted]: [string, number, number, Buffer]): Buffer {
  const at = data.length === 0 ? 0 : place % data.length
  if (kind === 'cut') return data.subarray(0, at)
  if (kind === 'insert') return Buffer.concat([data.subarray(0, at), inserted, data.subarray(at)])
  if (kind === 'twice') return Buffer.concat([data, data])
  const result = Buffer.from(data)
  if (result.length > 0) result[at] = (result[at] ?? 0) ^ byte
  return result
}

const varint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))]

/** Any field with any wire type, its length true or not. */
const field = fc
  .tuple(fc.constantFrom(0, 1, 2, 30, 31, 32, 33, 34, 999, 1000, 2000, 536_870_911), fc.nat(7), bytes(12), fc.nat(300))
  .map(([number, wireType, body, length]) => {
    const tag = varint(number * 8 + wireType)
    if (wireType !== 2) return Buffer.from([...tag, ...body])
    return Buffer.from([...tag, ...varint(length < 200 ? body.length : length), ...body])
  })

const fields = fc.array(field, { maxLength: 8 }).map((all) => ({ data: Buffer.concat(all) }))

/** Names that mean something to JavaScript, among those that mean something to us. */
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'toJSON', 'then'),
  fc.constantFrom('sequence', 'cmd_ping', 'cmdPing', 'cmd_read', 'cmd_follow', 'state', 'log', 'offset', 'max_bytes'),
)

const leaf = fc.oneof(
  fc.string({ maxLength: 10 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    'null',
    'true',
    '{}',
    '[]',
    '""',
    '-0',
    '1e400',
    '1e3',
    '0.1',
    '9007199254740993',
    '"\\ud800"',
    '"AA=="',
  ),
  int64.map(String),
  int64.map((value) => `"${value}"`),
)

// Written by hand, for an object literal would not keep `__proto__`, nor a name that occurs twice.
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .array(fc.tuple(name, tie('json')), { maxLength: 4 })
      .map((entries) => `{${entries.map(([key, value]) => `"${key}":${value}`).join()}}`),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
  ),
}))

const text = fc.oneof(
  json,
  fc.string({ maxLength: 40 }),
  fc.tuple(json, fc.nat(40)).map(([all, end]) => all.slice(0, end)),
)

const changedText = fc.tuple(rightText, fc.nat(), fc.string({ maxLength: 3 })).map(([{ data }, place, inserted]) => {
  const at = place % data.length
  return { data: data.slice(0, at) + inserted + data.slice(at + inserted.length) }
})

/** One message of a client: right, nearly right, or anything at all. */
export const anyFrame: fc.Arbitrary<FuzzFrame> = fc.oneof(
  { weight: 3, arbitrary: right },
  { weight: 3, arbitrary: changed },
  { weight: 2, arbitrary: fields },
  { weight: 1, arbitrary: bytes(64).map((data) => ({ data })) },
  { weight: 1, arbitrary: rightText },
  { weight: 1, arbitrary: changedText },
  { weight: 2, arbitrary: text.map((data) => ({ data })) },
)
