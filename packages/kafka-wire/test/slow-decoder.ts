import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { lz4Decompress, snappyDecompress } from '@platformatic/wasm-utils'

/** A record as a reader sees it. */
export interface Message {
  offset: bigint
  timestamp: bigint
  key: Buffer | null
  value: Buffer | null
}

export interface SlowOptions {
  fromOffset: bigint
  isolation: 'read_uncommitted' | 'read_committed'
  abortedTransactions: readonly { producerId: bigint; firstOffset: bigint }[]
}

/** What the transcoder has to agree with; `refused` stands for a KafkaError. */
export type SlowResult = { refused: true } | { refused: false; messages: Message[]; nextOffset: bigint }

class Refused extends Error {}

const check: (condition: boolean) => asserts condition = (condition) => {
  if (!condition) throw new Refused()
}

/** CRC-32C bit by bit. */
export const slowCrc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** Reads one thing after the other, with BigInt throughout, and refuses what is not there. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Buffer {
    check(length >= 0 && length <= this.left)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  varint(bits: 32 | 64): bigint {
    let raw = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1).readUInt8()
      raw |= BigInt(byte & 0x7f) << shift
      check(raw < 2n ** BigInt(bits) && shift < BigInt(bits))
      if (byte < 0x80) break
    }
    return raw % 2n === 0n ? raw / 2n : -(raw + 1n) / 2n
  }

  /** Bytes after their length; -1 is null. */
  bytes(): Buffer | null {
    const length = Number(this.varint(32))
    check(length >= -1)
    return length === -1 ? null : this.take(length)
  }
}

const unpackSnappy = (body: Buffer): Buffer => {
  if (body.toString('latin1', 1, 7) !== 'SNAPPY') return snappyDecompress(body)
  const blocks: Buffer[] = []
  const reader = new Reader(body.subarray(16))
  while (reader.left > 0) blocks.push(snappyDecompress(reader.take(reader.take(4).readInt32BE())))
  return Buffer.concat(blocks)
}

const unpack = (codec: number, body: Buffer): Buffer => {
  if (codec === 0) return body
  if (codec === 1) return gunzipSync(body)
  if (codec === 2) return unpackSnappy(body)
  if (codec === 3) return lz4Decompress(body)
  check(codec === 4)
  return zstdDecompressSync(body)
}

interface RawRecord {
  timestampDelta: bigint
  offsetDelta: bigint
  key: Buffer | null
  value: Buffer | null
}

const readRecord = (reader: Reader): RawRecord => {
  const body = new Reader(reader.take(Number(reader.varint(32))))
  body.take(1)
  const record = {
    timestampDelta: body.varint(64),
    offsetDelta: body.varint(32),
    key: body.bytes(),
    value: body.bytes(),
  }
  const headers = body.varint(32)
  check(headers >= 0n)
  for (let i = 0n; i < headers; i++) {
    check(body.bytes() !== null)
    body.bytes()
  }
  check(body.left === 0)
  return record
}

interface Batch {
  baseOffset: bigint
  lastOffset: bigint
  attributes: number
  baseTimestamp: bigint
  maxTimestamp: bigint
  producerId: bigint
  recordCount: number
  body: Buffer
}

const readBatch = (bytes: Buffer): Batch => {
  check(bytes.readUInt32BE(17) === slowCrc32c(bytes.subarray(21)))
  const baseOffset = bytes.readBigInt64BE(0)
  const lastOffsetDelta = bytes.readInt32BE(23)
  const recordCount = bytes.readInt32BE(57)
  const lastOffset = baseOffset + BigInt(lastOffsetDelta)
  check(baseOffset >= 0n && lastOffsetDelta >= 0 && lastOffset < 2n ** 63n - 1n && recordCount >= 0)
  return {
    baseOffset,
    lastOffset,
    attributes: bytes.readInt16BE(21),
    baseTimestamp: bytes.readBigInt64BE(27),
    maxTimestamp: bytes.readBigInt64BE(35),
    producerId: bytes.readBigInt64BE(43),
    recordCount,
    body: bytes.subarray(61),
  }
}

const readMessages = (batch: Batch): Message[] => {
  const reader = new Reader(unpack(batch.attributes & 7, batch.body))
  const messages: Message[] = []
  for (let i = 0; i < batch.recordCount; i++) {
    const { timestampDelta, offsetDelta, key, value } = readRecord(reader)
    const offset = batch.baseOffset + offsetDelta
    check(offsetDelta >= 0n && offset <= batch.lastOffset)
    const own = BigInt.asIntN(64, batch.baseTimestamp + timestampDelta)
    messages.push({ offset, timestamp: batch.attributes & 8 ? batch.maxTimestamp : own, key, value })
  }
  check(reader.left === 0)
  return messages
}

const isAbortMarker = (batch: Batch): boolean => {
  if (batch.recordCount === 0) return false
  check((batch.attributes & 7) === 0)
  // Length, attributes and deltas, then the key; the rest of a marker is the broker's business.
  const reader = new Reader(batch.body)
  reader.varint(32)
  reader.take(1)
  reader.varint(64)
  reader.varint(32)
  const key = reader.bytes()
  check(key !== null && key.length >= 4)
  return key.readInt16BE(2) === 0
}

/** The complete batches, one after the other; refuses what is none, or not all there. */
function* splitBatches(records: Buffer): Generator<Buffer> {
  for (let rest = records; rest.length > 0; ) {
    check(rest.length > 16 && rest.readUInt8(16) === 2)
    const end = 12 + rest.readInt32BE(8)
    check(end >= 61 && end <= rest.length)
    yield rest.subarray(0, end)
    rest = rest.subarray(end)
  }
}

/** The obvious decoder: an object for everything, nothing reused, no limit. */
export const slowDecode = (records: Buffer, options: SlowOptions): SlowResult => {
  const committed = options.isolation === 'read_committed'
  const messages: Message[] = []
  const aborting = new Set<bigint>()
  const ahead = new Set(options.abortedTransactions)
  let nextOffset = options.fromOffset
  try {
    for (const bytes of splitBatches(records)) {
      const batch = readBatch(bytes)
      for (const transaction of ahead) {
        if (transaction.firstOffset > batch.lastOffset) continue
        ahead.delete(transaction)
        aborting.add(transaction.producerId)
      }
      const isAborted = committed && (batch.attributes & 0x10) !== 0 && aborting.has(batch.producerId)
      if (batch.attributes & 0x20) {
        if (committed && isAbortMarker(batch)) aborting.delete(batch.producerId)
      } else if (!isAborted && batch.lastOffset >= nextOffset) {
        for (const message of readMessages(batch)) {
          if (message.offset < nextOffset) continue
          messages.push(message)
          nextOffset = message.offset + 1n
        }
      }
      if (batch.lastOffset >= nextOffset) nextOffset = batch.lastOffset + 1n
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (nextOffset === options.fromOffset) return { refused: true }
  }
  return { refused: false, messages, nextOffset }
}

const uvarint = (value: bigint): Buffer => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

const field = (tag: number, content: Buffer | null): Buffer =>
  content === null || content.length === 0
    ? Buffer.alloc(0)
    : Buffer.concat([Buffer.from([tag]), uvarint(BigInt(content.length)), content])

const integer = (tag: number, value: bigint): Buffer =>
  value === 0n ? Buffer.alloc(0) : Buffer.concat([Buffer.from([tag]), uvarint(value)])

/** The body of a KafkaFetchResp, as protobuf says. */
export const slowEncode = (messages: readonly Message[]): Buffer =>
  Buffer.concat(
    messages.map(({ offset, timestamp, key, value }) => {
      const body = [integer(0x08, offset), integer(0x10, timestamp), field(0x1a, key), field(0x22, value)]
      const bytes = Buffer.concat(body)
      return Buffer.concat([Buffer.from([0x0a]), uvarint(BigInt(bytes.length)), bytes])
    }),
  )
