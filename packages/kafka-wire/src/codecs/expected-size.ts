import { memoryOf } from '../copy-bytes.ts'
import { lz4Bound } from './lz4.ts'
import { snappySize } from './snappy.ts'

// What is expected of each byte of a block that does not say what it becomes: text seldom becomes more.
const BLOCK_RATIO = 16
// A block of zstd becomes no more.
const ZSTD_BLOCK = 128 * 1024
const ZSTD_MAGIC = 0xfd2fb528
const SINGLE_SEGMENT = 0x20
const RAW = 0
const RLE = 1

/**
 * About how many bytes the records of a compressed batch become, by what its format says of itself: to choose where it is
 * decompressed, and never to be trusted with more, for it may be wrong or a lie.
 *
 * @param codec as in `decompress`
 */
export const expectedSize = (codec: number, input: Buffer): number => {
  try {
    if (codec === 1) return gzipSize(input)
    if (codec === 2) return snappySize(memoryOf(input))
    if (codec === 3) return lz4Bound(memoryOf(input), BLOCK_RATIO)
    if (codec === 4) return zstdSize(input)
  } catch {
    // What cannot be read is not decompressed either.
  }
  return 0
}

/** The last four bytes of the last member (RFC 1952, ISIZE). */
const gzipSize = (input: Buffer): number => (input.length < 18 ? 0 : input.readUInt32LE(input.length - 4))

/** The size in the header of a frame or, where it has none, what its blocks may become (RFC 8878, sections 3.1.1 and 3.1.1.2). */
const zstdSize = (input: Buffer): number => {
  if (input.length < 18 || input.readUInt32LE(0) !== ZSTD_MAGIC) return 0
  const descriptor = input.readUInt8(4)
  const sizeFlag = descriptor >>> 6
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0
  let at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0)
  if (sizeFlag === 3) return Number(input.readBigUInt64LE(at))
  if (sizeFlag === 2) return input.readUInt32LE(at)
  if (sizeFlag === 1) return input.readUInt16LE(at) + 256
  if (isSingle) return input.readUInt8(at)
  let size = 0
  while (at + 3 <= input.length) {
    const header = input.readUIntLE(at, 3)
    const type = (header >>> 1) & 3
    const length = header >>> 3
    size += type === RAW || type === RLE ? length : Math.min(ZSTD_BLOCK, length * BLOCK_RATIO)
    at += 3 + (type === RLE ? 1 : length)
    if ((header & 1) !== 0) break
  }
  return size
}
