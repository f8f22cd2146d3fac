import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'

/** A codec in the form that kafkajs asks for. */
export interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

// What Kafka's Java client writes and reads: blocks of Snappy behind the header of the Java library "xerial".
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const XERIAL_BLOCK = 32 * 1024

/** The framing of Kafka's Java client: 32 KiB blocks of raw Snappy, each behind its length. */
export async function snappyCodec(): Promise<Codec> {
  const { compress, uncompress } = await import('snappy')
  return {
    async compress({ buffer }) {
      const chunks: Buffer[] = [XERIAL_HEADER]
      for (let start = 0; start < buffer.length; start += XERIAL_BLOCK) {
        const block = await compress(buffer.subarray(start, start + XERIAL_BLOCK))
        const length = Buffer.alloc(4)
        length.writeInt32BE(block.length)
        chunks.push(length, block)
      }
      return Buffer.concat(chunks)
    },
    async decompress(buffer) {
      if (!buffer.subarray(0, 8).equals(XERIAL_HEADER.subarray(0, 8))) return Buffer.from(await uncompress(buffer))
      const chunks: Buffer[] = []
      for (let at = XERIAL_HEADER.length; at < buffer.length; ) {
        const end = at + 4 + buffer.readInt32BE(at)
        chunks.push(Buffer.from(await uncompress(buffer.subarray(at + 4, end))))
        at = end
      }
      return Buffer.concat(chunks)
    },
  }
}

/** LZ4 frames, as Kafka writes them since record batches v2. */
export async function lz4Codec(): Promise<Codec> {
  const { compressFrame, decompressFrame } = await import('lz4-napi')
  return { compress: ({ buffer }) => compressFrame(buffer), decompress: (buffer) => decompressFrame(buffer) }
}

/** Zstandard, from Node itself. */
export function zstdCodec(): Codec {
  const compress = promisify(zstdCompress)
  const decompress = promisify(zstdDecompress)
  return { compress: ({ buffer }) => compress(buffer), decompress: (buffer) => decompress(buffer) }
}
