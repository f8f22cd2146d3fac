import { BatchDefect, corrupt } from '../batch-defect.ts'
import { decompressGzip } from './gzip.ts'
import { decompressLz4 } from './lz4.ts'
import { decompressSnappy } from './snappy.ts'
import { decompressZstd } from './zstd.ts'

/** What a compressed batch may grow to. */
export interface DecompressLimits {
  /** Bytes one batch may decompress to; besides, never more than 1000 times its size (but 1 MiB is always allowed). */
  readonly maxDecompressedBytes: number
}

const MAX_RATIO = 1000
const ALWAYS_ALLOWED = 1024 * 1024

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
  const maxBytes = Math.min(limits.maxDecompressedBytes, Math.max(ALWAYS_ALLOWED, MAX_RATIO * input.length))
  try {
    return decode(input, maxBytes)
  } catch (error) {
    if (error instanceof BatchDefect) throw error
    throw corrupt('cannot be decompressed', error)
  }
}
