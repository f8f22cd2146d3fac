import { corrupt } from './batch-defect.ts'

// Results of the last read. Returning them together would make an object for every field of every record.
/** Where the last varint read ended. */
export let cursor = 0
/** The last varlong read, as two signed 32-bit halves. */
export let highWord = 0
export let lowWord = 0

/** Reads a zigzag varint of 32 bits and sets `cursor`. Throws BatchDefect if it is longer, RangeError at the end of `view`. */
export const readVarint = (view: DataView, at: number): number => {
  let byte = view.getUint8(at++)
  let value = byte & 0x7f
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = view.getUint8(at++)
    if (shift === 28 && byte > 0x0f) throw corrupt('has a varint beyond 32 bits')
    value |= (byte & 0x7f) << shift
  }
  cursor = at
  return (value >>> 1) ^ -(value & 1)
}

/** Reads a zigzag varint of 64 bits and sets `highWord`, `lowWord` and `cursor`; throws as `readVarint`. */
export const readVarlong = (view: DataView, at: number): void => {
  let byte = view.getUint8(at++)
  let low = byte & 0x7f
  for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
    byte = view.getUint8(at++)
    low |= (byte & 0x7f) << shift
  }
  let high = 0
  if (byte >= 0x80) {
    byte = view.getUint8(at++)
    low |= (byte & 0x7f) << 28
    high = (byte & 0x7f) >>> 4
    for (let shift = 3; byte >= 0x80; shift += 7) {
      byte = view.getUint8(at++)
      if (shift === 31 && byte > 1) throw corrupt('has a varint beyond 64 bits')
      high |= (byte & 0x7f) << shift
    }
  }
  const sign = -(low & 1)
  cursor = at
  lowWord = ((low >>> 1) | (high << 31)) ^ sign
  highWord = (high >>> 1) ^ sign
}

/** Bytes of `value`, taken as unsigned, as a protobuf varint: 1 to 5. */
export const sizeVarint = (value: number): number => ((31 - Math.clz32(value | 1)) * 9 + 73) >>> 6

/** Bytes of a 64-bit value, given as halves, as a protobuf varint: 1 to 10. */
export const sizeVarlong = (high: number, low: number): number =>
  high === 0 ? sizeVarint(low) : ((63 - Math.clz32(high)) * 9 + 73) >>> 6

/** Writes `value`, taken as unsigned, as a protobuf varint; returns where it ends. */
export const writeVarint = (out: Buffer, at: number, value: number): number => {
  while (value > 0x7f || value < 0) {
    out[at++] = value | 0x80
    value >>>= 7
  }
  out[at++] = value
  return at
}

/** Writes a 64-bit value, given as halves, as a protobuf varint; returns where it ends. */
export const writeVarlong = (out: Buffer, at: number, high: number, low: number): number => {
  if (high === 0) return writeVarint(out, at, low)
  out[at] = low | 0x80
  out[at + 1] = (low >>> 7) | 0x80
  out[at + 2] = (low >>> 14) | 0x80
  out[at + 3] = (low >>> 21) | 0x80
  const middle = (low >>> 28) | ((high & 7) << 4)
  const rest = high >>> 3
  if (rest === 0) {
    out[at + 4] = middle
    return at + 5
  }
  out[at + 4] = middle | 0x80
  return writeVarint(out, at + 5, rest)
}
