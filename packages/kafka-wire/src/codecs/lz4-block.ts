import { corrupt } from '../batch-defect.ts'
import type { Memory } from '../copy-bytes.ts'
import { copyLiterals, copyMatch } from './overshooting-copy.ts'

/** Where the last length read ended. */
let cursor = 0

const longLength = (view: DataView, at: number, end: number): number => {
  let length = 15
  let byte = 255
  while (byte === 255) {
    if (at >= end) throw corrupt('has a cut-off lz4 block')
    byte = view.getUint8(at++)
    length += byte
  }
  cursor = at
  return length
}

/**
 * Decodes one compressed LZ4 block (LZ4 Block Format) from `start` to `end` of `input` into `out` at `to`.
 *
 * @param limit where the output must end at the latest
 * @param lowest where the oldest byte is that a match may refer to
 * @returns where the output ends, or -1 if it would pass `limit`
 */
export const decodeLz4Block = (
  input: Memory,
  start: number,
  end: number,
  out: Memory,
  to: number,
  limit: number,
  lowest: number,
): number => {
  const { view } = input
  let at = start
  while (at < end) {
    const token = view.getUint8(at++)
    let length = token >>> 4
    if (length === 15) {
      length = longLength(view, at, end)
      at = cursor
    }
    if (length > end - at) throw corrupt('has a cut-off lz4 block')
    if (length > limit - to) return -1
    copyLiterals(input, at, out, to, length)
    at += length
    to += length
    // The last sequence has no match.
    if (at === end) return to
    const distance = view.getUint16(at, true)
    at += 2
    length = token & 15
    if (length === 15) {
      length = longLength(view, at, end)
      at = cursor
    }
    length += 4
    if (at >= end || distance === 0 || distance > to - lowest) throw corrupt('has an lz4 match outside its block')
    if (length > limit - to) return -1
    copyMatch(out, to, distance, length)
    to += length
  }
  throw corrupt('has a cut-off lz4 block')
}
