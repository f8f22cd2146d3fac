import { slowUnpack } from './slow-codecs.ts'
import { check, Refused, SlowReader } from './slow-reader.ts'

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

/** CRC-32C bit by bit. */
export const slowCrc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

interface RawRecord {
  timestampDelta: bigint
  offsetDelta: bigint
  key: Buffer | null
  value: Buffer | null
}

const readRecord = (reader: SlowReader): RawRecord => {
  const body = new SlowReader(reader.take(Number(reader.varint(32))))
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
  const reader = new SlowReader(slowUnpack(batch.attributes & 7, batch.body))
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
  const reader = new SlowReader(batch.body)
  reader.varint(32)
  reader.take(1)
  reader.varint(64)
  reader.varint(32)
  const key = reader.bytes()
  check(key !== null && key.length >= 4)
  return key.readInt16BE(2) === 0
}

/** The complete batches and the base offsets behind them; refuses what is none, or not all there. */
function* splitBatches(records: Buffer): Generator<{ bytes: Buffer; following: bigint | undefined }> {
  for (let rest = records; rest.length > 0; ) {
    check(rest.length > 16 && rest.readUInt8(16) === 2)
    const end = 12 + rest.readInt32BE(8)
    check(end >= 61 && end <= rest.length)
    const bytes = rest.subarray(0, end)
    rest = rest.subarray(end)
    yield { bytes, following: rest.length > 16 ? rest.readBigInt64BE() : undefined }
  }
}

/** The obvious decoder: an object for everything, nothing reused, no limit. */
export const slowDecode = (records: Buffer, options: SlowOptions): SlowResult => {
  const committed = options.isolation === 'read_committed'
  const messages: Message[] = []
  const aborting = new Set<bigint>()
  const ahead = new Set(options.abortedTransactions)
  let nextOffset = options.fromOffset
  let passed: bigint | undefined
  try {
    for (const { bytes, following } of splitBatches(records)) {
      const batch = readBatch(bytes)
      check(passed === undefined || batch.baseOffset > passed)
      // Of two that overlap the second one is wrong if the first begins where it is due; else there is no telling.
      const isDue = batch.baseOffset <= (passed === undefined ? options.fromOffset : passed + 1n)
      check(isDue || following === undefined || following > batch.lastOffset)
      passed = batch.lastOffset
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
  content === null ? Buffer.alloc(0) : Buffer.concat([Buffer.from([tag]), uvarint(BigInt(content.length)), content])

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
