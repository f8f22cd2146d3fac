import { corrupt, tooLarge } from '../batch-defect.ts'
import { type Memory, memoryOf } from '../copy-bytes.ts'
import { decodeLz4Block } from './lz4-block.ts'
import { reserveScratch } from './scratch.ts'

const FRAME_MAGIC = 0x184d2204
const STORED = 0x80000000
// One compressed byte stands for at most 255 (a length byte of a match).
const MAX_BLOCK_RATIO = 255

/** What the descriptor of a frame says (LZ4 Frame Format 1.6, frame descriptor). */
interface FrameDescriptor {
  readonly linkedBlocks: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly maxBlockBytes: number
  /** Where the first block begins. */
  readonly end: number
}

const readDescriptor = (view: DataView, at: number): FrameDescriptor => {
  if (view.getUint32(at, true) !== FRAME_MAGIC) throw corrupt('does not begin with an lz4 frame')
  const flags = view.getUint8(at + 4)
  const sizeCode = (view.getUint8(at + 5) >>> 4) & 7
  if (flags >>> 6 !== 1 || sizeCode < 4) throw corrupt('has an lz4 frame of an unknown version')
  if (flags & 0x01) throw corrupt('needs an lz4 dictionary')
  return {
    linkedBlocks: (flags & 0x20) === 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 0x04) !== 0,
    maxBlockBytes: 2 ** (8 + 2 * sizeCode),
    // Magic, flags, block size, then the content size if there is one and the header checksum.
    end: at + 6 + (flags & 0x08 ? 8 : 0) + 1,
  }
}

/** Calls `visit` with the frame and the bounds of each block; checksums are skipped, CRC-32C covers the same bytes. */
const forEachBlock = (
  { buffer, view }: Memory,
  visit: (frame: FrameDescriptor, start: number, end: number, stored: boolean) => void,
): void => {
  let at = 0
  do {
    const frame = readDescriptor(view, at)
    at = frame.end
    for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
      const stored = size >= STORED
      const length = stored ? size - STORED : size
      at += 4
      if (length > buffer.length - at) throw corrupt('has an lz4 block longer than the batch')
      visit(frame, at, at + length, stored)
      at += length + (frame.blockChecksums ? 4 : 0)
    }
    at += 4 + (frame.contentChecksum ? 4 : 0)
  } while (at < buffer.length)
  if (at > buffer.length) throw corrupt('has a cut-off lz4 frame')
}

/** What the blocks may become together, each at most `ratio` times its size; throws BatchDefect when they are cut off. */
export const lz4Bound = (input: Memory, ratio: number): number => {
  let bound = 0
  forEachBlock(input, (frame, start, end, stored) => {
    bound += stored ? end - start : Math.min(frame.maxBlockBytes, (end - start) * ratio)
  })
  return bound
}

/**
 * Decompresses LZ4 frames with independent or linked blocks. A decoder of our own, because those on npm allocate
 * whatever the input asks for.
 */
export const decompressLz4 = (bytes: Buffer, maxBytes: number): Buffer => {
  const input = memoryOf(bytes)
  const out = reserveScratch(Math.min(lz4Bound(input, MAX_BLOCK_RATIO), maxBytes))
  let to = 0
  let frameStart = 0
  let current: FrameDescriptor | undefined
  forEachBlock(input, (frame, start, end, stored) => {
    if (frame !== current) {
      current = frame
      frameStart = to
    }
    const limit = Math.min(to + frame.maxBlockBytes, maxBytes)
    const decoded = stored
      ? storeBlock(input, start, end, out, to, limit)
      : decodeLz4Block(input, start, end, out, to, limit, frame.linkedBlocks ? frameStart : to)
    if (decoded < 0)
      throw limit === maxBytes ? tooLarge(maxBytes) : corrupt('has an lz4 block larger than its frame allows')
    to = decoded
  })
  return out.buffer.subarray(0, to)
}

const storeBlock = (input: Memory, start: number, end: number, out: Memory, to: number, limit: number): number => {
  if (end - start > limit - to) return -1
  input.buffer.copy(out.buffer, to, start, end)
  return to + end - start
}
