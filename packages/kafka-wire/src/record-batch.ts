import { BatchDefect, corrupt, oldFormat } from './batch-defect.ts'
import { type Memory, memoryOf } from './copy-bytes.ts'
import { crc32c } from './crc32c.ts'

// Offsets of the fields in the header of a record batch, magic 2 (Kafka documentation, "Record Batch"):
//   baseOffset int64, batchLength int32, partitionLeaderEpoch int32, magic int8, crc uint32, attributes int16,
//   lastOffsetDelta int32, baseTimestamp int64, maxTimestamp int64, producerId int64, producerEpoch int16,
//   baseSequence int32, recordCount int32, then the records
const BATCH_LENGTH = 8
const AFTER_BATCH_LENGTH = 12
const LEADER_EPOCH = 12
const MAGIC = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const RECORD_COUNT = 57
const HEADER_BYTES = 61

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

const LAST_INT64 = 2n ** 63n - 1n
/** length, attributes, timestamp delta, offset delta, key length, value length and header count: one byte each. */
const SMALLEST_RECORD = 7

/**
 * Walks the record batches of a Fetch answer. One object for all batches: after each `next()` the fields describe the
 * current batch. Nothing but `baseOffset` may be believed before `verify()`.
 */
export class BatchCursor {
  readonly memory: Memory
  /** Offset of the first record the producer put in the batch; compaction may have removed it. */
  baseOffset = 0n
  /** Where the bytes of the batch begin and end. */
  start = 0
  end = 0
  /** Whether the walk ended at a batch that is not all there, as the last one of an answer may be. */
  cutOff = false
  /** Whether the checksum of the batch was found right. */
  checksumFits = false

  constructor(records: Buffer) {
    this.memory = memoryOf(records)
  }

  /**
   * Moves to the next complete batch.
   *
   * @throws BatchDefect when the bytes are not a batch of magic 2: its end is unknown then, and the walk is over
   */
  next(): boolean {
    const { buffer, view } = this.memory
    const start = this.end
    const left = buffer.length - start
    this.start = start
    this.checksumFits = false
    if (left >= 8) this.baseOffset = view.getBigInt64(start)
    this.cutOff = left > 0 && left <= MAGIC
    if (left <= MAGIC) return false
    const magic = view.getUint8(start + MAGIC)
    if (magic < 2) throw oldFormat(magic)
    if (magic > 2) throw corrupt(`has magic ${magic}, where only 2 is known`)
    const length = view.getInt32(start + BATCH_LENGTH)
    if (length < HEADER_BYTES - AFTER_BATCH_LENGTH) throw corrupt(`says it is ${length} bytes long`)
    this.cutOff = length > left - AFTER_BATCH_LENGTH
    if (this.cutOff) return false
    this.end = start + AFTER_BATCH_LENGTH + length
    return true
  }

  /** Checks the CRC-32C of the batch and that its header makes sense; throws BatchDefect. */
  verify(): void {
    const { buffer, view } = this.memory
    const stored = view.getUint32(this.start + CRC)
    const computed = crc32c(buffer, this.start + ATTRIBUTES, this.end)
    if (stored !== computed) throw corrupt(`has CRC-32C ${hex(computed)} where its header says ${hex(stored)}`)
    this.checksumFits = true
    if (this.baseOffset < 0n) throw corrupt('has a negative offset')
    if (this.lastOffsetDelta < 0) throw corrupt('ends before it begins')
    if (this.lastOffset >= LAST_INT64) throw corrupt('has an offset beyond 64 bits')
    if (this.recordCount < 0) throw corrupt(`says it has ${this.recordCount} records`)
  }

  get lastOffsetDelta(): number {
    return this.memory.view.getInt32(this.start + LAST_OFFSET_DELTA)
  }

  /** Offset of the last record the producer put in the batch; compaction may have removed it. */
  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta)
  }

  /**
   * The last offset as the header says it, also of a batch that `next` or `verify` refused; undefined when it makes no
   * sense. An entry of the formats 0 and 1 has the offset of its last message only.
   */
  get claimedLastOffset(): bigint | undefined {
    const { buffer, view } = this.memory
    if (this.start + MAGIC >= buffer.length || this.baseOffset < 0n || this.baseOffset >= LAST_INT64) return undefined
    const magic = view.getUint8(this.start + MAGIC)
    if (magic < 2) return this.baseOffset
    if (magic > 2 || this.start + HEADER_BYTES > buffer.length) return undefined
    return this.lastOffsetDelta < 0 || this.lastOffset >= LAST_INT64 ? undefined : this.lastOffset
  }

  /** The base offset that stands behind this batch, unverified; undefined at the end of the answer. */
  get followingOffset(): bigint | undefined {
    const { buffer, view } = this.memory
    return this.end + MAGIC < buffer.length ? view.getBigInt64(this.end) : undefined
  }

  /**
   * The base offset of the batch behind this one if that is a good one: then no record of this one lies at or past it, for
   * a log is in order. Costs a checksum; undefined also when where this batch ends is unknown.
   */
  get soundFollowingOffset(): bigint | undefined {
    const following = new BatchCursor(this.memory.buffer.subarray(this.end))
    try {
      if (!following.next()) return undefined
      following.verify()
      return following.baseOffset
    } catch (error) {
      if (error instanceof BatchDefect) return undefined
      throw error
    }
  }

  /** The epoch of the leader that wrote the batch, -1 when unknown; no checksum covers it. KIP-101. */
  get leaderEpoch(): number {
    return this.memory.view.getInt32(this.start + LEADER_EPOCH)
  }

  get recordCount(): number {
    return this.memory.view.getInt32(this.start + RECORD_COUNT)
  }

  get producerId(): bigint {
    return this.memory.view.getBigInt64(this.start + PRODUCER_ID)
  }

  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  get codec(): number {
    return this.#attributes & CODEC_MASK
  }

  /** Whether the batch holds a marker of a transaction and nothing to deliver. */
  get isControl(): boolean {
    return (this.#attributes & CONTROL) !== 0
  }

  get isTransactional(): boolean {
    return (this.#attributes & TRANSACTIONAL) !== 0
  }

  /** Whether all records have the broker's time, `maxTimestamp` of the batch, instead of their own. */
  get isLogAppendTime(): boolean {
    return (this.#attributes & LOG_APPEND_TIME) !== 0
  }

  /** Where the records begin, compressed or not. */
  get recordsStart(): number {
    return this.start + HEADER_BYTES
  }

  /** Where the 64-bit time is that the records' times are relative to or, with LogAppendTime, equal to. */
  get timestampAt(): number {
    return this.start + (this.isLogAppendTime ? MAX_TIMESTAMP : BASE_TIMESTAMP)
  }

  get #attributes(): number {
    return this.memory.view.getInt16(this.start + ATTRIBUTES)
  }
}

/** Checks that `count` records fit in `bytes` bytes before anything is sized by the count; throws BatchDefect. */
export const checkRecordCount = (count: number, bytes: number): void => {
  if (count > bytes / SMALLEST_RECORD) throw corrupt(`says it has ${count} records, in ${bytes} bytes`)
}

/**
 * Tells what the complete batches say of their size, unverified but never more than their bytes can hold. A callback, for
 * a generator would cost more than what it gives.
 */
export function eachBatchSize(
  records: Buffer,
  tell: (codec: number, recordBytes: number, recordCount: number, recordsStart: number) => void,
): void {
  let at = 0
  while (at + HEADER_BYTES <= records.length) {
    const end = at + AFTER_BATCH_LENGTH + records.readInt32BE(at + BATCH_LENGTH)
    const recordBytes = end - at - HEADER_BYTES
    if (recordBytes < 0 || end > records.length) return
    const atMost = Math.floor(recordBytes / SMALLEST_RECORD)
    const recordCount = Math.min(Math.max(0, records.readInt32BE(at + RECORD_COUNT)), atMost)
    tell(records.readInt16BE(at + ATTRIBUTES) & CODEC_MASK, recordBytes, recordCount, at + HEADER_BYTES)
    at = end
  }
}

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, '0')}`
