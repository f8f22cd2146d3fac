import { createHash } from 'node:crypto'
import { crc32c } from '@node-rs/crc32'
import { type CodecName, codecNumbers, codecs } from './codecs.ts'
import { Writer } from './writer.ts'

/** What the records of a benchmark's batch look like: no key, no headers, values of one size. */
export interface BatchShape {
  readonly recordCount: number
  /** Of each value, in bytes. */
  readonly valueBytes: number
  /** Of the values; without it they compress to almost nothing, and are not compressed. */
  readonly codec?: CodecName
}

/** Of the header of a record batch. */
export const HEADER_BYTES = 61
/** Where the part begins that the checksum covers. */
export const BEFORE_CHECKED = 21
const BEFORE_LEADER_EPOCH = 12

/**
 * One record batch, magic 2, of a producer that is not idempotent. The broker sets its first offset, so the
 * same bytes can be sent again and again. Kafka documentation, "Record Batch".
 *
 * @param now the time of the records, milliseconds since 1970-01-01
 */
export function encodeBatch(shape: BatchShape, now: number): Buffer {
  const { recordCount, codec } = shape
  const records = encodeRecords(shape)
  const body = codec === undefined ? records : codecs[codec].compress(records)
  const attributes = codec === undefined ? 0 : codecNumbers[codec]
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

/** The records of a batch as they are before a codec gets them. */
export function encodeRecords({ recordCount, valueBytes, codec }: BatchShape): Buffer {
  const records = new Writer()
  const random = codec === undefined ? undefined : randomWords(recordCount * valueBytes)
  for (let i = 0; i < recordCount; i++) {
    const fields = encodeRecord(i, valueBytes, random?.subarray(i * valueBytes, (i + 1) * valueBytes))
    records.varint(fields.length).bytes(fields)
  }
  return records.toBuffer()
}

/** The same text each time, made of 256 words of 8 letters each: codecs bring it to about a quarter. */
function randomWords(bytes: number): Buffer {
  const text = Buffer.alloc(bytes + 9)
  let state = 1
  for (let at = 0; at < bytes; at += 9) {
    // Numbers of Park and Miller.
    state = (state * 48_271) % 0x7fffffff
    const word = createHash('md5')
      .update(String(state & 0xff))
      .digest('hex')
    text.write(`${word.slice(0, 8)} `, at, 'latin1')
  }
  return text.subarray(0, bytes)
}

function encodeRecord(index: number, valueBytes: number, given?: Buffer): Buffer {
  const [attributes, timestampDelta, noKey, headerCount] = [0, 0, -1, 0]
  const value = given ?? Buffer.alloc(valueBytes, `record ${index} of the benchmark, `)
  const fields = new Writer().int8(attributes).varint(timestampDelta).varint(index).varint(noKey)
  return fields.varint(valueBytes).bytes(value).varint(headerCount).toBuffer()
}

/** How many records of one size fit a batch of 16 KiB, the default `batch.size` of Kafka's own producer. */
export function recordsPerBatch(valueBytes: number): number {
  // A record late in the batch, whose number takes two bytes, and its length.
  const recordBytes = encodeRecord(64, valueBytes).length + 2
  return Math.max(1, Math.floor((16 * 1024 - HEADER_BYTES) / recordBytes))
}
