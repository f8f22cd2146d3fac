import { zstdDecompressSync } from 'node:zlib'
import { boundedInflate } from './bounded-inflate.ts'

/** Decompresses Zstandard frames (RFC 8878) to at most `maxBytes` bytes. */
export const decompressZstd = (input: Buffer, maxBytes: number): Buffer =>
  boundedInflate(zstdDecompressSync, input, maxBytes)
