/** protobufjs's 64-bit integer: two halves of 32 bits. */
interface Halves {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

/** Whether a decoded value is a 64-bit integer in halves. */
export function isHalves(value: unknown): value is Halves {
  return typeof value === 'object' && value !== null && 'low' in value && 'high' in value
}

const twoTo32 = 2 ** 32
// Halves up to this one make an integer that a number holds exactly.
const largestSafeHigh = 2 ** 20

/** A 64-bit integer as protobufjs decodes it, as a bigint. */
export function toBigInt(value: Halves | number): bigint {
  if (typeof value === 'number') return BigInt(value)
  const high = value.unsigned ? value.high >>> 0 : value.high | 0
  const low = value.low >>> 0
  // One conversion costs a fraction of arithmetic on bigints.
  if (high >= -largestSafeHigh && high <= largestSafeHigh) return BigInt(high * twoTo32 + low)
  return (BigInt(high) << 32n) | BigInt(low)
}

/** A bigint in the form that protobufjs encodes exactly: given a bigint it would write 0 without a word. */
export function fromBigInt(value: bigint): Halves {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: value > 0n,
  }
}
