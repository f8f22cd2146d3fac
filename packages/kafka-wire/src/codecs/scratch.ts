import { type Memory, memoryOf } from '../copy-bytes.ts'

// Bytes beyond those asked for, so that copies may overshoot.
const SCRATCH_SLACK = 16

// What stays allocated between batches: larger than any batch a producer makes with usual settings.
const LARGEST_KEPT = 4 * 1024 * 1024

let scratch = memoryOf(Buffer.alloc(0))

/**
 * Memory to decompress one batch into, the same for every batch: each batch is transcoded before the next is
 * decompressed, and fresh memory would cost more than the decompression.
 *
 * @returns at least `bytes` + 16 bytes, with any content, valid until the next call
 */
export const reserveScratch = (bytes: number): Memory => {
  const needed = bytes + SCRATCH_SLACK
  if (needed <= scratch.buffer.length) return scratch
  if (needed > LARGEST_KEPT) return memoryOf(Buffer.allocUnsafeSlow(needed))
  scratch = memoryOf(Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(needed, 64 * 1024)))))
  return scratch
}
