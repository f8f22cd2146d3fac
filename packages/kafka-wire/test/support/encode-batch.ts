import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import { crc32c } from '../../src/crc32c.ts'

export interface RecordSpec {
  offsetDelta: number
  timestampDelta?: bigint
  key?: Buffer | null
  value?: Buffer | null
  headers?: readonly (readonly [string, Buffer | null])[]
}

export type CodecName = 'none' | 'gzip' | 'snappy' | 'snappy-xerial' | 'lz4' | 'zstd'

export interface BatchSpec {
  baseOffset: bigint
  records: readonly RecordSpec[]
  lastOffsetDelta?: number
  baseTimestamp?: bigint
  maxTimestamp?: bigint
  codec?: CodecName
  isLogAppendTime?: boolean
  isTransactional?: boolean
  isControl?: boolean
  producerId?: bigint
  /** Of the fields that mean nothing to a reader: leader epoch, producer epoch and first sequence. */
  unread?: number
  /** For batches that lie. */
  recordCount?: number
  attributes?: number
  magic?: number
  body?: Buffer
}

// Offsets in a batch: its length counts from 12, the CRC covers all from 21.
const HEADER_BYTES = 61
export const CRC_FROM = 21

const varlong = (value: bigint): Buffer => {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const varint = (value: number): Buffer => varlong(BigInt(value))

const sized = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes])

const encodeRecord = (record: RecordSpec): Buffer => {
  const { offsetDelta, timestampDelta = 0n, key = null, value = null, headers = [] } = record
  const body = Buffer.concat([
    Buffer.from([0]),
    varlong(timestampDelta),
    varint(offsetDelta),
    sized(key),
    sized(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [sized(Buffer.from(name)), sized(content)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

/** The framing of the Java client: blocks of `blockBytes` uncompressed bytes. */
export const snappyXerial = (plain: Buffer, blockBytes = 32 * 1024): Buffer => {
  const parts = [Buffer.from('82534e41505059000000000100000001', 'hex')]
  for (let at = 0; at < plain.length; at += blockBytes) {
    const block = Buffer.from(snappyCompress(plain.subarray(at, at + blockBytes)))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

const CODECS: Record<CodecName, { id: number; compress: (plain: Buffer) => Buffer }> = {
  none: { id: 0, compress: (plain) => plain },
  gzip: { id: 1, compress: (plain) => gzipSync(plain, { level: 1 }) },
  snappy: { id: 2, compress: snappyCompress },
  'snappy-xerial': { id: 2, compress: (plain) => snappyXerial(plain, 64) },
  lz4: { id: 3, compress: lz4Compress },
  zstd: { id: 4, compress: (plain) => zstdCompressSync(plain) },
}

const attributesOf = (batch: BatchSpec): number =>
  CODECS[batch.codec ?? 'none'].id |
  (batch.isLogAppendTime ? 0x08 : 0) |
  (batch.isTransactional ? 0x10 : 0) |
  (batch.isControl ? 0x20 : 0)

/** Writes the CRC of the batch that is all of `bytes`. */
export const seal = (bytes: Buffer): Buffer => {
  bytes.writeUInt32BE(crc32c(bytes, CRC_FROM), 17)
  return bytes
}

/** A record batch of magic 2, as a broker stores it. */
export const encodeBatch = (batch: BatchSpec): Buffer => {
  const plain = Buffer.concat(batch.records.map(encodeRecord))
  const body = batch.body ?? CODECS[batch.codec ?? 'none'].compress(plain)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeBigInt64BE(batch.baseOffset, 0)
  header.writeInt32BE(HEADER_BYTES - 12 + body.length, 8)
  header.writeInt32BE(batch.unread ?? 0, 12)
  header.writeInt8(batch.magic ?? 2, 16)
  header.writeInt16BE(batch.attributes ?? attributesOf(batch), 21)
  header.writeInt32BE(batch.lastOffsetDelta ?? batch.records.at(-1)?.offsetDelta ?? 0, 23)
  header.writeBigInt64BE(batch.baseTimestamp ?? 0n, 27)
  header.writeBigInt64BE(batch.maxTimestamp ?? batch.baseTimestamp ?? 0n, 35)
  header.writeBigInt64BE(batch.producerId ?? -1n, 43)
  header.writeInt16BE((batch.unread ?? 0) >> 16, 51)
  header.writeInt32BE(batch.unread ?? -1, 53)
  header.writeInt32BE(batch.recordCount ?? batch.records.length, 57)
  return seal(Buffer.concat([header, body]))
}

/** The batch that ends a transaction. */
export const encodeMarker = (baseOffset: bigint, producerId: bigint, type: 'abort' | 'commit'): Buffer =>
  encodeBatch({
    baseOffset,
    producerId,
    isTransactional: true,
    isControl: true,
    records: [{ offsetDelta: 0, key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]), value: Buffer.alloc(6) }],
  })
