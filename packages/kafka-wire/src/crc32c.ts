import { crc32c as nativeCrc32c } from '@node-rs/crc32'

// A call into native code costs about 200 ns whatever the length: below this many bytes the table is faster.
const NATIVE_FROM_BYTES = 64

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
  return remainder
})

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes` from `start` up to, not including, `end`.
 *
 * @returns an unsigned 32-bit integer
 */
export const crc32c = (bytes: Buffer, start = 0, end = bytes.length): number => {
  if (end - start >= NATIVE_FROM_BYTES) return nativeCrc32c(bytes.subarray(start, end))
  let crc = -1
  for (let at = start; at < end; at++) crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}
