import { compressSync, uncompressSync } from 'snappy'

// The framing of snappy-java, which Kafka's own producer writes: magic, then version and lowest compatible version, INT32.
const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
/** Uncompressed bytes of a block, as snappy-java has them by default. */
const BLOCK_BYTES = 32 * 1024

/** Compresses as Kafka's Java client does: blocks of Snappy, each after its length as INT32. */
export function compressXerial(plain: Buffer): Buffer {
  const parts = [HEADER]
  for (let at = 0; at < plain.length; at += BLOCK_BYTES) {
    const block = Buffer.from(compressSync(plain.subarray(at, at + BLOCK_BYTES)))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function uncompressXerial(bytes: Buffer): Buffer {
  const blocks: Uint8Array[] = []
  let at = HEADER.length
  while (at < bytes.length) {
    const end = at + 4 + bytes.readInt32BE(at)
    const block = uncompressSync(bytes.subarray(at + 4, end))
    if (typeof block === 'string') throw new TypeError('snappy gives bytes unless it is asked for text')
    blocks.push(block)
    at = end
  }
  const [first] = blocks
  return first !== undefined && blocks.length === 1
    ? Buffer.from(first.buffer, first.byteOffset, first.length)
    : Buffer.concat(blocks)
}
