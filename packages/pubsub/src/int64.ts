/** protobufjs's 64-bit integer: two halves of 32 bits. */
interface Halves {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

/** A 64-bit integer as protobufjs decodes it, as a bigint. */
export function toBigInt(value: Halves | number): bigint {
  if (typeof value === 'number') return BigInt(value)
  const bits = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)
  return value.unsigned ? bits : BigInt.asIntN(64, bits)
}

/** A bigint in the form that protobufjs encodes exactly: given a bigint it would write 0 without a word. */
export function fromBigInt(value: bigint): string {
  return value.toString()
}
