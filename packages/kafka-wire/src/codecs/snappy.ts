import { corrupt, tooLarge } from '../batch-defect.ts'
import { type Memory, memoryOf } from '../copy-bytes.ts'
import { copyLiterals, copyMatch } from './overshooting-copy.ts'
import { reserveScratch } from './scratch.ts'

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
// The densest element is a copy of 64 bytes in three.
const MAX_BLOCK_RATIO = 22
// Magic, then version and lowest compatible version as int32.
const XERIAL_HEADER = 16

/** Where the last varint read ended. */
let cursor = 0

const readLength = (view: DataView, at: number): number => {
  let byte = view.getUint8(at++)
  let value = byte & 0x7f
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = view.getUint8(at++)
    if (shift === 28 && byte > 0x0f) throw corrupt('has a snappy length beyond 32 bits')
    value |= (byte & 0x7f) << shift
  }
  cursor = at
  return value >>> 0
}

const longLiteral = (view: DataView, at: number, bytes: number): number => {
  let length = 1
  for (let i = 0; i < bytes; i++) length += view.getUint8(at + i) * 2 ** (8 * i)
  cursor = at + bytes
  return length
}

/** Decodes one raw block from `start` to `end` into `out` at `to`; returns where its output ends. */
const decodeBlock = (input: Memory, start: number, end: number, out: Memory, to: number): number => {
  const { view } = input
  const limit = to + readLength(view, start)
  const first = to
  let at = cursor
  while (at < end) {
    const tag = view.getUint8(at++)
    if ((tag & 3) === 0) {
      let length = (tag >>> 2) + 1
      if (length > 60) {
        length = longLiteral(view, at, length - 60)
        at = cursor
      }
      if (length > end - at || length > limit - to) throw corrupt('has a snappy literal outside its block')
      copyLiterals(input, at, out, to, length)
      at += length
      to += length
      continue
    }
    let length = (tag >>> 2) + 1
    let distance: number
    if ((tag & 3) === 1) {
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | view.getUint8(at++)
    } else if ((tag & 3) === 2) {
      distance = view.getUint16(at, true)
      at += 2
    } else {
      distance = view.getUint32(at, true)
      at += 4
    }
    if (distance === 0 || distance > to - first || length > limit - to) {
      throw corrupt('has a snappy copy outside its block')
    }
    copyMatch(out, to, distance, length)
    to += length
  }
  if (at !== end || to !== limit) throw corrupt('has a snappy block of another length than it says')
  return to
}

/** Calls `visit` with the bounds of each raw block: the whole input, or the blocks of xerial's framing. */
const forEachBlock = (input: Memory, visit: (start: number, end: number) => void): void => {
  const { buffer, view } = input
  if (!buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    visit(0, buffer.length)
    return
  }
  for (let at = XERIAL_HEADER; at < buffer.length; ) {
    const length = view.getInt32(at)
    at += 4
    if (length < 0 || length > buffer.length - at) throw corrupt('has a snappy block longer than the batch')
    visit(at, at + length)
    at += length
  }
}

/** What the blocks say that they become together; throws BatchDefect when that cannot be. */
export const snappySize = (input: Memory): number => {
  let total = 0
  forEachBlock(input, (start, end) => {
    const length = readLength(input.view, start)
    if (length > (end - start) * MAX_BLOCK_RATIO) throw corrupt(`claims ${length} bytes of ${end - start} snappy bytes`)
    total += length
  })
  return total
}

/**
 * Decompresses Snappy: the raw format or, as the Java client writes it, in xerial's framing (blocks with an int32 length
 * after a 16-byte header). The declared lengths are checked before memory is taken: against
 * the limit, and against what the bytes can stand for.
 */
export const decompressSnappy = (bytes: Buffer, maxBytes: number): Buffer => {
  const input = memoryOf(bytes)
  const total = snappySize(input)
  if (total > maxBytes) throw tooLarge(maxBytes)
  const out = reserveScratch(total)
  let to = 0
  forEachBlock(input, (start, end) => {
    to = decodeBlock(input, start, end, out, to)
  })
  return out.buffer.subarray(0, to)
}
