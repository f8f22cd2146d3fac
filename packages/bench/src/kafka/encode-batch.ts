import { crc32c } from '@node-rs/crc32'
import { Writer } from './writer.ts'

/** What the records of a benchmark's batch look like: no key, no headers, values of one size. */
export interface BatchShape {
  readonly recordCount: number
  /** Of each value, in bytes. */
  readonly valueBytes: number
}

/** Of the header of a record batch. */
export const HEADER_BYTES = 61
/** Where the part begins that the checksum covers. */
export const BEFORE_CHECKED = 21
const BEFORE_LEADER_EPOCH = 12

/**
 * One uncompressed record batch, magic 2, of a producer that is not idempotent. The broker sets its first offset, so the
 * same bytes can be sent again and again. Kafka documentation, "Record Batch".
 *
 * @param now the time of the records, milliseconds since 1970-01-01
 */
export function encodeBatch({ recordCount, valueBytes }: BatchShape, now: number): Buffer {
  const records = new Writer()
  for (let i = 0; i < recordCount; i++) {
    const fields = encodeRecord(i, valueBytes)
    records.varint(fields.length).bytes(fields)
  }
  const body = records.toBuffer()
  const attributes = 0
  const checked = new Writer().int16(attributes).int32(recordCount - 1)
  const [producerId, producerEpoch, baseSequence] = [-1, -1, -1]
  checked
    .int64(now)
    .int64(now)
    .int64(producerId)
    .int16(producerEpoch)
    .int32(baseSequence)
    .int32(recordCount)
    .bytes(body)
  const [baseOffset, leaderEpoch, magic] = [0, -1, 2]
  return new Writer()
    .int64(baseOffset)
    .int32(HEADER_BYTES - BEFORE_LEADER_EPOCH + body.length)
    .int32(leaderEpoch)
    .int8(magic)
    .uint32(crc32c(checked.toBuffer()))
    .bytes(checked.toBuffer())
    .toBuffer()
}

function encodeRecord(index: number, valueBytes: number): Buffer {
  const [attributes, timestampDelta, noKey, headerCount] = [0, 0, -1, 0]
  const value = Buffer.alloc(valueBytes, `record ${index} of the benchmark, `)
  const fields = new Writer().int8(attributes).varint(timestampDelta).varint(index).varint(noKey)
  return fields.varint(valueBytes).bytes(value).varint(headerCount).toBuffer()
}

/** How many records of one size fit a batch of 16 KiB, the default `batch.size` of Kafka's own producer. */
export function recordsPerBatch(valueBytes: number): number {
  // A record late in the batch, whose number takes two bytes, and its length.
  const recordBytes = encodeRecord(64, valueBytes).length + 2
  return Math.max(1, Math.floor((16 * 1024 - HEADER_BYTES) / recordBytes))
}
