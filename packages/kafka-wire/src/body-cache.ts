import { type FetchHeader, hasNoError } from './messages/fetch-answer.ts'
import { keyOf, type PartitionAnswer, type PartitionRead } from './shared-read.ts'
import type { TranscodeResult } from './transcode.ts'

/** A body that was read, in memory of its own. */
export type CachedBody = Omit<TranscodeResult, 'release' | 'headroom'>

/** The place of a read in the cache. */
export interface CachePlace {
  readonly key: string
  /** What was read there; undefined where nothing is kept. */
  readonly body: CachedBody | undefined
  /** Whether the same was read not long ago, so that what comes is worth keeping. */
  readonly isWanted: boolean
}

/** How much a cache keeps. */
export interface BodyCacheOptions {
  /** Bytes of all bodies together; 0 keeps nothing. */
  readonly maxBytes: number
}

// A smaller body costs no less to confirm than to read.
const LEAST_BYTES = 16 * 1024
// One body among others: a cache of one or two would throw out what the next reader wants.
const MOST_SHARE = 4
/** Reads that are remembered to tell a second one. A scan by one client passes and leaves nothing else. */
const REMEMBERED = 512

interface Partition {
  /** The high watermark last heard of, where a question finds nothing more to read. */
  end: bigint
  entries: number
}

interface Entry {
  readonly read: PartitionRead
  readonly body: CachedBody
}

/**
 * Bodies that several clients read one after the other. Nothing of it may be given before the broker has said, to a request
 * that was written after the command came, that it still holds: see {@link BodyCache.holds}.
 *
 * What tells bodies apart is the whole question ({@link keyOf}), so topic id, leader epoch, isolation level and limits are
 * in it; credentials are those of the cluster, which has one cache. The copy that is kept belongs to nobody: whoever is
 * given it goes on using it when it was dropped.
 */
export class BodyCache {
  readonly #maxBytes: number
  /** The one that was used last comes last. */
  readonly #entries = new Map<string, Entry>()
  readonly #remembered = new Set<string>()
  /** The partitions of the entries, and nothing of others: a client may read any number of them. */
  readonly #partitions = new Map<string, Partition>()
  #bytes = 0

  constructor({ maxBytes }: BodyCacheOptions) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of all bodies together. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * The place of a read; undefined where it can have none: a small one, one whose partition cannot be told from another of
   * the same name or from one that was cut back, or one that another replica may be named for.
   */
  look(read: PartitionRead): CachePlace | undefined {
    const { leaderEpoch, maxBytes, rackId, topicId } = read
    if (this.#maxBytes === 0 || maxBytes < LEAST_BYTES) return undefined
    if (topicId === undefined || leaderEpoch < 0 || rackId !== '') return undefined
    const key = keyOf(read)
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return { key, body: entry?.body, isWanted: this.#remembered.has(key) }
  }

  /** The read that asks whether what is kept of a partition still holds, and hardly brings records. */
  confirmation(read: PartitionRead): PartitionRead {
    return {
      ...read,
      offset: this.#partitions.get(partitionOf(read))?.end ?? read.offset,
      maxBytes: 1,
      lastFetchedEpoch: -1,
    }
  }

  /**
   * Whether a body still is what the broker would give, by its answer to the {@link confirmation}: the reader may read, the
   * leader is that of its epoch and its log was not cut back (both would be errors), and the offset is in the log.
   */
  holds(read: PartitionRead, { nextOffset }: CachedBody, header: FetchHeader): boolean {
    const { highWatermark, lastStableOffset, logStartOffset, preferredReplica } = header
    if (!hasNoError(header) || preferredReplica >= 0) return false
    const logEnd = read.isolation === 'read_committed' ? lastStableOffset : highWatermark
    this.#heard(read, highWatermark)
    return logStartOffset >= 0n && logStartOffset <= read.offset && nextOffset <= logEnd
  }

  /** Keeps a copy of what was read, where it is wanted; where not, the next one like it will be. */
  offer({ key, isWanted }: CachePlace, read: PartitionRead, { header, records }: PartitionAnswer): void {
    if (!hasNoError(header) || header.preferredReplica >= 0) return
    this.#heard(read, header.highWatermark)
    if (records === undefined || records.recordCount === 0 || records.bytes.length < LEAST_BYTES) return
    if (!isWanted) {
      this.#remember(key)
    } else if (records.bytes.length * MOST_SHARE <= this.#maxBytes && !this.#entries.has(key)) {
      const { bytes, recordCount, nextOffset, leaderEpoch } = records
      const copy = Buffer.allocUnsafeSlow(bytes.length)
      bytes.copy(copy)
      this.#entries.set(key, { read, body: { bytes: copy, recordCount, nextOffset, leaderEpoch } })
      this.#bytes += copy.length
      this.#count(read, header.highWatermark)
      this.#makeRoom()
    }
  }

  /** Forgets all that is kept of a partition. */
  drop(read: PartitionRead): void {
    const partition = partitionOf(read)
    for (const [key, entry] of this.#entries) {
      if (partitionOf(entry.read) === partition) this.#delete(key, entry)
    }
  }

  #heard(read: PartitionRead, end: bigint): void {
    const partition = this.#partitions.get(partitionOf(read))
    if (partition !== undefined) partition.end = end
  }

  #count(read: PartitionRead, end: bigint): void {
    const name = partitionOf(read)
    const partition = this.#partitions.get(name)
    if (partition === undefined) this.#partitions.set(name, { end, entries: 1 })
    else partition.entries++
  }

  #remember(key: string): void {
    this.#remembered.add(key)
    const [oldest] = this.#remembered
    if (this.#remembered.size > REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#delete(key, entry)
    }
  }

  #delete(key: string, { body, read }: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= body.bytes.length
    const name = partitionOf(read)
    const partition = this.#partitions.get(name)
    if (partition !== undefined && --partition.entries === 0) this.#partitions.delete(name)
  }
}

const partitionOf = ({ topic, partition }: PartitionRead): string => `${partition} ${topic}`
