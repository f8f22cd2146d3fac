import { crc32c } from '@node-rs/crc32'
import { BEFORE_CHECKED, HEADER_BYTES } from './encode-batch.ts'

/** What complete, uncompressed batches hold. */
export interface WalkedRecords {
  readonly recordCount: number
  /** The offset after the last record; that asked for when there is none. */
  readonly nextOffset: number
}

// Offsets in the header of a record batch, magic 2 (Kafka documentation, "Record Batch").
const BATCH_LENGTH = 8
const AFTER_BATCH_LENGTH = 12
const MAGIC = 16
const CRC = 17
const LAST_OFFSET_DELTA = 23
const RECORD_COUNT = 57

/**
 * The baseline's work on the records of a Fetch answer: checks the CRC-32C of each batch and takes every record apart,
 * without keeping anything. A last batch that is cut off is left out.
 *
 * @throws {Error} when a checksum, a length or an offset is wrong
 */
export function walkBatches(records: Buffer, fromOffset: number): WalkedRecords {
  let start = 0
  let recordCount = 0
  let nextOffset = fromOffset
  while (start + HEADER_BYTES <= records.length) {
    const end = start + AFTER_BATCH_LENGTH + records.readInt32BE(start + BATCH_LENGTH)
    if (end > records.length) break
    if (records[start + MAGIC] !== 2) throw new Error(`a batch has magic ${records[start + MAGIC]}`)
    if (records.readUInt32BE(start + CRC) !== crc32c(records.subarray(start + BEFORE_CHECKED, end))) {
      throw new Error('a batch has a wrong checksum')
    }
    const count = records.readInt32BE(start + RECORD_COUNT)
    walkRecords(records, start + HEADER_BYTES, end, count)
    const baseOffset = records.readUInt32BE(start) * 2 ** 32 + records.readUInt32BE(start + 4)
    if (baseOffset > nextOffset) throw new Error(`offset ${nextOffset} is missing`)
    nextOffset = baseOffset + records.readInt32BE(start + LAST_OFFSET_DELTA) + 1
    recordCount += count
    start = end
  }
  return { recordCount, nextOffset }
}

function walkRecords(bytes: Buffer, start: number, end: number, count: number): void {
  let at = start
  for (let i = 0; i < count; i++) {
    const length = readVarint(bytes, at)
    const recordEnd = cursor + length
    skipVarlong(bytes, cursor + 1)
    if (readVarint(bytes, cursor) !== i) throw new Error('a record has a wrong offset')
    const keyLength = readVarint(bytes, cursor)
    const valueLength = readVarint(bytes, cursor + Math.max(0, keyLength))
    at = cursor + Math.max(0, valueLength)
    for (let left = 2 * readVarint(bytes, at); left > 0; left--) at = cursor + Math.max(0, readVarint(bytes, cursor))
    at = cursor
    if (at !== recordEnd || at > end) throw new Error('a record ends at a wrong place')
  }
  if (at !== end) throw new Error('a batch ends at a wrong place')
}

/** Where the varint read last ends: a variable of the module, for an object for each would cost more than the walk. */
let cursor = 0

function readVarint(bytes: Buffer, start: number): number {
  let at = start
  let byte = bytes[at++] ?? 0
  let value = byte & 0x7f
  for (let shift = 7; byte > 0x7f; shift += 7) {
    byte = bytes[at++] ?? 0
    value |= (byte & 0x7f) << shift
  }
  cursor = at
  return (value >>> 1) ^ -(value & 1)
}

function skipVarlong(bytes: Buffer, start: number): void {
  let at = start
  while ((bytes[at++] ?? 0) > 0x7f);
  cursor = at
}
