import fc from 'fast-check'
import { CRC_FROM, seal } from './encode-batch.ts'

/** A way to damage bytes; places are taken modulo the length. */
export type Mutation =
  | { readonly kind: 'flip'; readonly place: number; readonly bit: number }
  | { readonly kind: 'set'; readonly place: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly place: number; readonly length: number }
  | { readonly kind: 'insert'; readonly place: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly place: number; readonly length: number }
  | { readonly kind: 'int32'; readonly field: number; readonly value: number }

// batchLength, attributes with lastOffsetDelta, lastOffsetDelta, recordCount.
const INT32_FIELDS = [8, 21, 23, 57]

const place = fc.nat()

/** One to three ways to damage bytes. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip' as const), place, bit: fc.nat({ max: 7 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), place, byte: fc.nat({ max: 255 }) }) },
    fc.record({ kind: fc.constant('cut' as const), place, length: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('insert' as const), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }) }),
    fc.record({ kind: fc.constant('repeat' as const), place, length: fc.integer({ min: 1, max: 40 }) }),
    fc.record({
      kind: fc.constant('int32' as const),
      field: fc.constantFrom(...INT32_FIELDS),
      value: fc.oneof(fc.integer(), fc.integer({ min: -2, max: 300 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))),
    }),
  ),
  { minLength: 1, maxLength: 3 },
)

const apply = (bytes: Buffer, from: number, mutation: Mutation): Buffer => {
  if (mutation.kind === 'int32') {
    if (bytes.length >= mutation.field + 4) bytes.writeInt32BE(mutation.value, mutation.field)
    return bytes
  }
  if (bytes.length <= from) return bytes
  const at = from + (mutation.place % (bytes.length - from))
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (mutation.kind) {
    case 'flip':
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << mutation.bit), at)
      return bytes
    case 'set':
      bytes.writeUInt8(mutation.byte, at)
      return bytes
    case 'cut':
      return Buffer.concat([before, behind.subarray(mutation.length)])
    case 'insert':
      return Buffer.concat([before, mutation.bytes, behind])
    case 'repeat':
      return Buffer.concat([before, behind.subarray(0, mutation.length), behind])
  }
}

/** A damaged copy; what is in front of `from` stays, apart from whole fields. */
export const mutate = (bytes: Buffer, changes: readonly Mutation[], from = 0): Buffer => {
  let changed = Buffer.from(bytes)
  for (const change of changes) changed = Buffer.from(apply(changed, from, change))
  return changed
}

/** A batch damaged behind its checksum, which is made right again, as is its length. */
export const mutateBatch = (batch: Buffer, changes: readonly Mutation[]): Buffer => {
  const changed = mutate(batch, changes, CRC_FROM)
  if (changed.length < 61) return changed
  changed.writeInt32BE(changed.length - 12, 8)
  return seal(changed)
}
