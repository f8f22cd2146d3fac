import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { compressXerial, uncompressXerial } from './xerial.ts'

/** Codecs of record batches, by their numbers in a batch's attributes (Kafka documentation, "Record Batch"). */
export const codecNumbers = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/** The name of a codec. */
export type CodecName = keyof typeof codecNumbers

/** Both ways of a codec. */
export interface Codec {
  compress(bytes: Buffer): Buffer
  decompress(bytes: Buffer): Uint8Array
}

/** The codecs as native code has them; Snappy in the framing of Kafka's Java client. */
export const codecs: Readonly<Record<CodecName, Codec>> = {
  gzip: { compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) },
  snappy: { compress: compressXerial, decompress: uncompressXerial },
  lz4: {
    compress: (bytes) => Buffer.from(compressFrameSync(bytes)),
    decompress: (bytes) => decompressFrameSync(bytes),
  },
  zstd: { compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) },
}
