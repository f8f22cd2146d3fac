import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts'
import { BatchDefect, corrupt, tooLargeAnswer } from './batch-defect.ts'
import { type DecompressLimits, decompress, growthLimit } from './codecs/index.ts'
import { memoryOf } from './copy-bytes.ts'
import { KafkaError } from './errors.ts'
import { MESSAGE_OVERHEAD, MessageWriter } from './message-writer.ts'
import { BatchCursor, checkRecordCount, eachBatchSize } from './record-batch.ts'
import { type Slab, SlabPool } from './slab-pool.ts'

/** Bytes left free in front of the body, for what encloses it. */
export const HEADROOM = 48

/** Which records of an open or aborted transaction are delivered (KIP-98). */
export type Isolation = 'read_uncommitted' | 'read_committed'

/** What {@link transcode} needs to know besides the records. */
export interface TranscodeOptions {
  /** Records before this offset are left out; not negative. */
  readonly fromOffset: bigint
  readonly isolation: Isolation
  /** As the Fetch answer lists them; looked at for `read_committed` only. */
  readonly abortedTransactions: readonly AbortedTransaction[]
  /**
   * For all batches of one call together: at the limit the output ends with the batch before. The output itself may have
   * twice `maxDecompressedBytes`.
   */
  readonly limits: DecompressLimits
  /** Where the output memory comes from; without it each call takes fresh memory. */
  readonly pool?: SlabPool
}

/** The records of a Fetch answer as the body of a `KafkaFetchResp`. */
export interface TranscodeResult {
  /** The body; valid until `release()`. */
  readonly bytes: Buffer
  /** Writable bytes directly in front of `bytes` in the same ArrayBuffer. */
  readonly headroom: number
  readonly recordCount: number
  /** Where to read on: the offset after the last complete batch, even if nothing of it was delivered. */
  readonly nextOffset: bigint
  /** Of the leader that wrote the last complete batch; -1 when there is none, or the broker did not say. */
  readonly leaderEpoch: number
  /** Gives the memory back; may be called twice. */
  release(): void
}

// Records of a few bytes become messages of up to four times their size.
const OUTPUT_RATIO = 2

// How much larger a compressed batch is expected to become, to size the output at first.
const USUAL_RATIO = 4

const unpooled = new SlabPool({ maxPooledBytes: 0 })

/**
 * Turns the RECORDS bytes of a Fetch answer (record batches, magic 2) into the protobuf body of a `KafkaFetchResp`, in
 * one pass: each batch has its CRC-32C checked and is decompressed; control batches and aborted transactions are passed
 * over. Batches must be in order, for no checksum covers their offset. A last batch that is cut off is dropped.
 *
 * A bad batch ends the output; it is raised only when nothing before it was passed, so that the reader first gets all
 * that is good and meets the bad batch with the next fetch.
 *
 * @throws KafkaError KAFKA_CORRUPT_BATCH or KAFKA_BATCH_TOO_LARGE, whose message and `offsets` say which offsets are bad
 * and where to go on
 */
export const transcode = (records: Buffer, options: TranscodeOptions): TranscodeResult => {
  const transcoder = new Transcoder(records, options)
  try {
    transcoder.run()
    return transcoder.result()
  } catch (error) {
    transcoder.release()
    throw error
  }
}

class Transcoder {
  readonly #batch: BatchCursor
  readonly #options: TranscodeOptions
  readonly #aborted: AbortedTransactions | undefined
  readonly #pool: SlabPool
  readonly #writer = new MessageWriter(HEADROOM)
  readonly #maxOutputBytes: number
  #slab: Slab
  #nextOffset: bigint
  #leaderEpoch = -1
  /** Last offset of the batch in front of the current one; undefined for the first. */
  #passedOffset: bigint | undefined
  #compressedBytes = 0
  #decompressedBytes = 0

  constructor(records: Buffer, options: TranscodeOptions) {
    this.#batch = new BatchCursor(records)
    this.#options = options
    this.#aborted =
      options.isolation === 'read_committed' ? new AbortedTransactions(options.abortedTransactions) : undefined
    this.#pool = options.pool ?? unpooled
    this.#maxOutputBytes = options.limits.maxDecompressedBytes * OUTPUT_RATIO
    this.#slab = this.#pool.acquire(Math.min(estimateOutput(records), this.#maxOutputBytes))
    this.#nextOffset = options.fromOffset
  }

  run(): void {
    const { fromOffset } = this.#options
    try {
      while (this.#batch.next()) this.#passBatch()
      if (this.#batch.cutOff && this.#nextOffset === fromOffset) throw corrupt('is cut off')
    } catch (error) {
      if (!(error instanceof BatchDefect)) throw error
      if (this.#nextOffset === fromOffset) throw batchError(this.#batch, fromOffset, error)
    }
  }

  result(): TranscodeResult {
    let released = false
    return {
      bytes: this.#slab.buffer.subarray(HEADROOM, this.#writer.at),
      headroom: HEADROOM,
      recordCount: this.#writer.recordCount,
      nextOffset: this.#nextOffset,
      leaderEpoch: this.#leaderEpoch,
      release: () => {
        if (released) return
        released = true
        this.release()
      },
    }
  }

  release(): void {
    this.#pool.release(this.#slab)
  }

  #passBatch(): void {
    const batch = this.#batch
    batch.verify()
    const { lastOffset } = batch
    this.#checkOrder(lastOffset)
    this.#passedOffset = lastOffset
    const isAborted = this.#aborted?.covers(batch) ?? false
    if (batch.isControl) this.#aborted?.passControl(batch)
    else if (!isAborted && lastOffset >= this.#nextOffset) this.#writeBatch()
    if (lastOffset < this.#nextOffset) return
    this.#nextOffset = lastOffset + 1n
    this.#leaderEpoch = batch.leaderEpoch
  }

  /**
   * A flipped bit in a base offset, which no checksum covers, would move all records of the batch. It shows against the
   * batches around: one that begins where it must is right, and then the one behind it is wrong.
   */
  #checkOrder(lastOffset: bigint): void {
    const { baseOffset, followingOffset } = this.#batch
    const passed = this.#passedOffset
    if (passed !== undefined && baseOffset <= passed)
      throw corrupt(`begins at offset ${baseOffset}, but the batch before it ends at ${passed}`)
    if (followingOffset === undefined || followingOffset > lastOffset) return
    const begins = passed === undefined ? this.#options.fromOffset : passed + 1n
    if (baseOffset > begins)
      throw corrupt(`ends at offset ${lastOffset}, but the batch behind it begins at ${followingOffset}`)
  }

  #writeBatch(): void {
    const batch = this.#batch
    const behind = this.#nextOffset - batch.baseOffset
    const firstDelta = behind > 0n ? Number(behind) : 0
    if (batch.codec === 0) {
      this.#makeRoom(batch.recordCount, batch.end - batch.recordsStart)
      this.#writer.appendBatch(batch, batch.memory, batch.recordsStart, batch.end, this.#slab, firstDelta)
      return
    }
    const compressed = batch.memory.buffer.subarray(batch.recordsStart, batch.end)
    this.#compressedBytes += compressed.length
    const limit = Math.min(this.#options.limits.maxDecompressedBytes, growthLimit(this.#compressedBytes))
    const maxDecompressedBytes = Math.max(0, limit - this.#decompressedBytes)
    const plain = decompress(batch.codec, compressed, { maxDecompressedBytes })
    this.#decompressedBytes += plain.length
    this.#makeRoom(batch.recordCount, plain.length)
    this.#writer.appendBatch(batch, memoryOf(plain), 0, plain.length, this.#slab, firstDelta)
  }

  /** Makes sure the output has room for the messages of `count` records of `bytes` bytes. */
  #makeRoom(count: number, bytes: number): void {
    checkRecordCount(count, bytes)
    const needed = this.#writer.at + bytes + count * MESSAGE_OVERHEAD
    const small = this.#slab
    if (needed <= small.buffer.length) return
    if (needed > this.#maxOutputBytes) throw tooLargeAnswer(this.#maxOutputBytes)
    // By half more at least, so that what is copied stays in proportion to what is written.
    const grown = Math.min(this.#maxOutputBytes, Math.ceil(small.buffer.length * 1.5))
    this.#slab = this.#pool.acquire(Math.max(needed, grown))
    small.buffer.copy(this.#slab.buffer, HEADROOM, HEADROOM, this.#writer.at)
    this.#pool.release(small)
  }
}

/** Bytes the output will need: what plain batches need at most, and a guess for compressed ones, grown when it is short. */
const estimateOutput = (records: Buffer): number => {
  let bytes = HEADROOM
  eachBatchSize(records, (codec, recordBytes, recordCount) => {
    bytes += codec === 0 ? recordBytes + recordCount * MESSAGE_OVERHEAD : recordBytes * USUAL_RATIO
  })
  return bytes
}

/** Tells which offsets are bad and where to go on, and how far that can be trusted. */
const batchError = (batch: BatchCursor, fromOffset: bigint, cause: BatchDefect): KafkaError => {
  const { code, message } = cause
  const ahead = (offset: bigint | undefined) => (offset !== undefined && offset > fromOffset ? offset : undefined)
  const { claimedLastOffset } = batch
  const claimed = claimedLastOffset === undefined ? undefined : ahead(claimedLastOffset + 1n)
  // A header under a right checksum is believed; else the good batch behind it tells where the bad one ends at the latest.
  const following = batch.checksumFits ? undefined : ahead(batch.soundFollowingOffset)
  const known = claimed === undefined || (following !== undefined && following < claimed) ? following : claimed
  const next = known ?? fromOffset + 1n
  const badFrom = batch.baseOffset >= 0n && batch.baseOffset < next ? batch.baseOffset : fromOffset
  const details = { offsets: { badFrom, next }, cause }
  if (known === undefined) {
    const remedy = `where it ends is not known: fetch from offset ${next}, or further on, to go on`
    return new KafkaError(code, `record batch at offset ${badFrom} ${message}; ${remedy}`, details)
  }
  const range = `record batch at offsets ${badFrom} to ${next - 1n}`
  const isSure = batch.checksumFits || following !== undefined
  const remedy = isSure ? `fetch from offset ${next}` : `by its header, fetch from offset ${next}, or further on,`
  return new KafkaError(code, `${range} ${message}: ${remedy} to go on`, details)
}
