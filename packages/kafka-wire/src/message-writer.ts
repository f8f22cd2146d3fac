import { asDefect, corrupt } from './batch-defect.ts'
import { copyBytes, type Memory } from './copy-bytes.ts'
import type { BatchCursor } from './record-batch.ts'
import {
  cursor,
  highWord,
  lowWord,
  readVarint,
  readVarlong,
  sizeVarint,
  sizeVarlong,
  writeVarint,
  writeVarlong,
} from './varint.ts'

// Field tags: number << 3 | wire type (0 varint, 2 length-delimited).
const MESSAGES = 0x0a
const OFFSET = 0x08
const TIMESTAMP = 0x10
const KEY = 0x1a
const VALUE = 0x22

/**
 * Bytes a KafkaMessage may need beyond those of its record. At most 29 go to the tag and length of the message (1 + 5),
 * the offset (1 + 9), the timestamp (1 + 10) and the tags of key and value (2); the lengths of key and value are never
 * longer than in the record, which spends at least 5 bytes on what is not copied.
 */
export const MESSAGE_OVERHEAD = 24

/** Skips the headers of a record, which end where the record ends at the latest; returns where they end. */
const skipHeaders = (view: DataView, start: number, end: number, count: number): number => {
  let at = start
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(view, at)
    if (keyLength < 0 || keyLength > end - cursor) throw corrupt('has a header key outside its record')
    const valueLength = readVarint(view, cursor + keyLength)
    if (valueLength < -1 || valueLength > end - cursor) throw corrupt('has a header value outside its record')
    at = cursor + Math.max(0, valueLength)
  }
  return at
}

/** Writes a length-delimited field unless it is null (length -1); returns where it ends. */
const writeBytes = (out: Memory, to: number, tag: number, from: Memory, start: number, length: number): number => {
  if (length < 0) return to
  out.buffer[to] = tag
  const at = writeVarint(out.buffer, to + 1, length)
  copyBytes(from, start, out, at, length)
  return at + length
}

/**
 * Writes records as the protobuf body `KafkaFetchResp { repeated KafkaMessage messages = 1 }` with
 * `KafkaMessage { int64 offset = 1; int64 timestamp = 2; bytes key = 3; bytes value = 4 }`. What is zero or null is left
 * out. A key or value that is empty is written, which protobuf allows: it tells an empty one from null, for who looks.
 */
export class MessageWriter {
  /** Where the next message goes, and so where the body ends. */
  at: number
  recordCount = 0

  constructor(at: number) {
    this.at = at
  }

  /**
   * Appends the records of a batch, all or, when one of them is malformed, none. As in the Java client, a record whose
   * offset is not past the one before it is left out.
   *
   * @param batch the header
   * @param input holds the uncompressed records from `start` to `end`
   * @param out has {@link MESSAGE_OVERHEAD} bytes for each record and `end - start` bytes from `at` on
   * @param firstDelta records with a lower offset delta are left out
   * @throws BatchDefect
   */
  appendBatch(batch: BatchCursor, input: Memory, start: number, end: number, out: Memory, firstDelta: number): void {
    try {
      this.#write(batch, input, start, end, out, firstDelta)
    } catch (error) {
      throw asDefect(error)
    }
  }

  /** The loop everything else is there for. It makes no object, and 64-bit values are two 32-bit halves. */
  #write(batch: BatchCursor, input: Memory, start: number, end: number, out: Memory, firstDelta: number): void {
    const { view } = input
    const { buffer } = out
    const header = batch.memory.view
    const baseHigh = header.getInt32(batch.start)
    const baseLow = header.getInt32(batch.start + 4)
    const timeHigh = header.getInt32(batch.timestampAt)
    const timeLow = header.getInt32(batch.timestampAt + 4)
    const { recordCount, lastOffsetDelta, isLogAppendTime } = batch
    let nextDelta = firstDelta
    let written = 0
    let at = start
    let to = this.at
    for (let i = 0; i < recordCount; i++) {
      const length = readVarint(view, at)
      const recordEnd = cursor + length
      if (length < 0 || recordEnd > end) throw corrupt('has a record that ends outside the batch')

      // Attributes, the byte before the timestamp, have no meaning.
      readVarlong(view, cursor + 1)
      let messageTimeHigh = timeHigh
      let messageTimeLow = timeLow
      if (!isLogAppendTime) {
        messageTimeLow = (timeLow + lowWord) | 0
        messageTimeHigh = (timeHigh + highWord + (messageTimeLow >>> 0 < timeLow >>> 0 ? 1 : 0)) | 0
      }

      const offsetDelta = readVarint(view, cursor)
      if (offsetDelta < 0 || offsetDelta > lastOffsetDelta)
        throw corrupt('has a record with an offset outside the batch')

      const keyLength = readVarint(view, cursor)
      const keyAt = cursor
      if (keyLength < -1 || keyLength > recordEnd - keyAt) throw corrupt('has a key outside its record')
      const valueLength = readVarint(view, keyAt + Math.max(0, keyLength))
      const valueAt = cursor
      if (valueLength < -1 || valueLength > recordEnd - valueAt) throw corrupt('has a value outside its record')

      const headerCount = readVarint(view, valueAt + Math.max(0, valueLength))
      at = cursor
      if (headerCount < 0) throw corrupt('has a negative count of headers')
      if (headerCount > 0) at = skipHeaders(view, at, recordEnd, headerCount)
      if (at !== recordEnd) throw corrupt('has a record whose fields do not end where it ends')

      if (offsetDelta < nextDelta) continue
      nextDelta = offsetDelta + 1
      written++

      const offsetLow = (baseLow + offsetDelta) | 0
      const offsetHigh = baseHigh + (offsetLow >>> 0 < baseLow >>> 0 ? 1 : 0)
      const hasOffset = (offsetHigh | offsetLow) !== 0
      const hasTime = (messageTimeHigh | messageTimeLow) !== 0
      let bodyLength = 0
      if (hasOffset) bodyLength += 1 + sizeVarlong(offsetHigh, offsetLow)
      if (hasTime) bodyLength += 1 + sizeVarlong(messageTimeHigh, messageTimeLow)
      if (keyLength >= 0) bodyLength += 1 + sizeVarint(keyLength) + keyLength
      if (valueLength >= 0) bodyLength += 1 + sizeVarint(valueLength) + valueLength

      buffer[to] = MESSAGES
      to = writeVarint(buffer, to + 1, bodyLength)
      if (hasOffset) {
        buffer[to] = OFFSET
        to = writeVarlong(buffer, to + 1, offsetHigh, offsetLow)
      }
      if (hasTime) {
        buffer[to] = TIMESTAMP
        to = writeVarlong(buffer, to + 1, messageTimeHigh, messageTimeLow)
      }
      to = writeBytes(out, to, KEY, input, keyAt, keyLength)
      to = writeBytes(out, to, VALUE, input, valueAt, valueLength)
    }
    if (at !== end) throw corrupt(`has ${end - at} bytes after its ${recordCount} records`)
    this.at = to
    this.recordCount += written
  }
}
