import fc from 'fast-check'
import { type BatchSpec, encodeBatch, encodeMarker, type RecordSpec } from './encode-batch.ts'

/**
 * How a property runs: `normal` times in `npm test`, `full` times in `npm run test:full`. A failure prints its seed and
 * path; `SLUICE_PROPERTY_SEED` and `SLUICE_PROPERTY_PATH` run it again.
 */
export const runsOf = (normal: number, full: number): { numRuns: number; seed?: number; path?: string } => {
  const { SLUICE_FULL, SLUICE_PROPERTY_SEED: seed, SLUICE_PROPERTY_PATH: path } = process.env
  return {
    numRuns: SLUICE_FULL === '1' ? full : normal,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  }
}

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

const INT32_MAX = 2 ** 31 - 1
/** Together with the offsets of the records before it no more than an INT32. */
const LARGEST_GAP = INT32_MAX - 60_000

const bytes = fc.oneof(
  fc.constant(null),
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content)),
  // Around the lengths at which a varint grows and copying changes its way.
  fc.constantFrom(7, 8, 9, 63, 64, 127, 128, 191, 192, 193, 300).map((length) => Buffer.alloc(length, `v${length}`)),
)

const timestamp = fc.oneof(
  fc.constantFrom(0n, -1n, 1n, 1_763_848_000_000n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, INT64_MIN, INT64_MAX),
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
)

const timestampDelta = fc.oneof(fc.bigInt({ min: -3n, max: 200n }), timestamp)

const record = fc.record({
  /** Offsets between this record and the one before, as compaction leaves them. */
  gap: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(1, 70, 9000)),
  timestampDelta,
  key: bytes,
  value: bytes,
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(fc.string({ maxLength: 3 }), bytes), { maxLength: 3 }),
  ),
})

const batch = fc.record({
  gapBefore: fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, fc.constantFrom(1n, 300n)),
  gapAfter: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(1, 40, LARGEST_GAP)),
  records: fc.array(record, { maxLength: 6 }),
  baseTimestamp: timestamp,
  maxTimestamp: timestamp,
  isLogAppendTime: fc.boolean(),
  codec: fc.constantFrom('none', 'none', 'gzip', 'snappy', 'snappy-xerial', 'lz4', 'zstd'),
  /** Negative: not part of a transaction. */
  producerId: fc.constantFrom(-1n, -1n, 1n, 2n, INT64_MAX),
  /** The same for all fields that mean nothing to a reader. */
  unread: fc.constantFrom(0, -1, INT32_MAX, -INT32_MAX - 1),
  endsWith: fc.constantFrom('nothing', 'nothing', 'abort', 'commit'),
})

type BatchDraft = typeof batch extends fc.Arbitrary<infer T> ? T : never

/** From here on the log has no room for large gaps. */
const HIGH = 2n ** 62n + 2n ** 40n

/** Batches as a partition holds them, and where each begins. */
export interface Log {
  bytes: Buffer
  starts: number[]
  baseOffset: bigint
  endOffset: bigint
  /** First offsets by producer: what a broker may list as aborted. */
  transactions: { producerId: bigint; firstOffset: bigint }[]
}

const toSpec = (draft: BatchDraft, baseOffset: bigint, onlyPlain: boolean): BatchSpec => {
  let offsetDelta = -1
  const records = draft.records.map(({ gap, ...content }): RecordSpec => {
    offsetDelta += 1 + gap
    return { offsetDelta, ...content }
  })
  return {
    ...draft,
    // A broker writes a batch whose records were all compacted away without compression.
    codec: onlyPlain || records.length === 0 ? 'none' : draft.codec,
    baseOffset,
    records,
    lastOffsetDelta: Math.max(0, offsetDelta) + (baseOffset > HIGH ? Math.min(40, draft.gapAfter) : draft.gapAfter),
    isTransactional: draft.producerId >= 0n,
  }
}

const build = (baseOffset: bigint, drafts: BatchDraft[], onlyPlain: boolean): Log => {
  const parts: Buffer[] = []
  const starts: number[] = []
  const transactions: Log['transactions'] = []
  let next = baseOffset
  let at = 0
  const push = (bytes: Buffer): void => {
    parts.push(bytes)
    starts.push(at)
    at += bytes.length
  }
  for (const draft of drafts) {
    const spec = toSpec(draft, next + draft.gapBefore, onlyPlain)
    push(encodeBatch(spec))
    if (draft.producerId >= 0n) transactions.push({ producerId: draft.producerId, firstOffset: spec.baseOffset })
    next = spec.baseOffset + BigInt(spec.lastOffsetDelta ?? 0) + 1n
    if (draft.producerId < 0n || draft.endsWith === 'nothing') continue
    push(encodeMarker(next, draft.producerId, draft.endsWith === 'abort' ? 'abort' : 'commit'))
    next += 1n
  }
  return { bytes: Buffer.concat(parts), starts, baseOffset, endOffset: next, transactions }
}

const baseOffset = fc.oneof(
  fc.constantFrom(0n, 1n, 127n, 2n ** 31n - 3n, 2n ** 32n - 3n, 2n ** 35n - 1n, 2n ** 53n - 2n, 2n ** 62n),
  // The highest that leaves room for the longest log made here.
  fc.constant(INT64_MAX - 300_000n),
)

/** Logs of 1 to 4 batches, with every codec unless `onlyPlain`. */
export const arbitraryLog = ({ onlyPlain = false }: { onlyPlain?: boolean } = {}): fc.Arbitrary<Log> =>
  fc
    .tuple(baseOffset, fc.array(batch, { minLength: 1, maxLength: 4 }))
    .map(([base, drafts]) => build(base, drafts, onlyPlain))

/** A way of reading a log. */
export const arbitraryReading = (log: Log) =>
  fc.record({
    fromOffset: fc.oneof(fc.constant(log.baseOffset), fc.bigInt({ min: log.baseOffset, max: log.endOffset })),
    isolation: fc.constantFrom<'read_uncommitted' | 'read_committed'>('read_uncommitted', 'read_committed'),
    abortedTransactions: fc.subarray(log.transactions),
  })
