/** A buffer and a view of the same bytes: single bytes are written through one, eight at a time through the other. */
export interface Memory {
  readonly buffer: Buffer
  readonly view: DataView
}

/** The bytes of `buffer` as {@link Memory}, shared, not copied. */
export const memoryOf = (buffer: Buffer): Memory => ({
  buffer,
  view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength),
})

// Measured on Node 24: eight bytes at a time costs 2 ns a step, the native copy 40 ns whatever the length.
const NATIVE_FROM_BYTES = 192

/**
 * Copies `length` bytes between two memories that do not overlap. Optimised code moves the 64-bit values without making
 * a BigInt of them.
 *
 * @throws RangeError when either range leaves its memory
 */
export const copyBytes = (from: Memory, start: number, to: Memory, at: number, length: number): void => {
  if (length >= NATIVE_FROM_BYTES) {
    if (start + length > from.buffer.length || at + length > to.buffer.length) throw new RangeError('copy out of range')
    from.buffer.copy(to.buffer, at, start, start + length)
    return
  }
  const source = from.view
  const target = to.view
  if (length < 8) {
    for (let i = 0; i < length; i++) target.setUint8(at + i, source.getUint8(start + i))
    return
  }
  const last = length - 8
  for (let i = 0; i < last; i += 8) target.setBigInt64(at + i, source.getBigInt64(start + i))
  // The last step may overlap the one before it, so that no byte is copied alone.
  target.setBigInt64(at + last, source.getBigInt64(start + last))
}
