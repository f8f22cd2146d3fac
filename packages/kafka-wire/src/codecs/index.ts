import { BatchDefect, corrupt } from '../batch-defect.ts'
import { decompressGzip } from './gzip.ts'
import { decompressLz4 } from './lz4.ts'
import { decompressSnappy } from './snappy.ts'
import { decompressZstd } from './zstd.ts'

/** What compressed batches may grow to. */
export interface DecompressLimits {
  /** In bytes; besides, never more than {@link growthLimit}. */
  readonly maxDecompressedBytes: number
}

const MAX_RATIO = 1000
// The largest batch that a producer makes with usual settings, which may well be a million equal bytes in fifty.
const ALWAYS_ALLOWED = 1024 * 1024

/** What `bytes` compressed bytes may become: 1000 times as many, but 1 MiB is always allowed. */
export const growthLimit = (bytes: number): number => Math.max(ALWAYS_ALLOWED, MAX_RATIO * bytes)

const CODECS: readonly ((input: Buffer, maxBytes: number) => Buffer)[] = [
  decompressGzip,
  decompressSnappy,
  decompressLz4,
  decompressZstd,
]

/**
 * Decompresses the records of a batch.
 *
 * @param codec bits 0 to 2 of the batch attributes: 1 gzip, 2 snappy, 3 lz4, 4 zstd (Kafka protocol, record batch)
 * @returns bytes that are valid until the next call
 * @throws BatchDefect KAFKA_CORRUPT_BATCH or, when a limit is reached, KAFKA_BATCH_TOO_LARGE
 */
export const decompress = (codec: number, input: Buffer, limits: DecompressLimits): Buffer => {
  const decode = CODECS[codec - 1]
  if (!decode) throw corrupt(`is compressed with codec ${codec}, which Kafka does not define`)
  const maxBytes = Math.min(limits.maxDecompressedBytes, growthLimit(input.length))
  try {
    return decode(input, maxBytes)
  } catch (error) {
    if (error instanceof BatchDefect) throw error
    throw corrupt('cannot be decompressed', error)
  }
}
