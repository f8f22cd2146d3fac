import { zstdDecompressSync } from 'node:zlib'
import { boundedInflate } from './bounded-inflate.ts'

/**
 * Decompresses Zstandard frames (RFC 8878) to at most `maxBytes` bytes. A frame may ask for a window of up to 128 MiB, as
 * producers at level 22 do whatever the size of the batch; larger ones are refused by libzstd. It reserves the window
 * but touches only what the frame fills of it, which `maxBytes` bounds.
 */
export const decompressZstd = (input: Buffer, maxBytes: number): Buffer =>
  boundedInflate(zstdDecompressSync, input, maxBytes)
