// The time at which a record was written is its value's first eight bytes: the protocol's timestamps are whole milliseconds.

/** Milliseconds since 1970-01-01 with fractions, the same in all processes of one machine. */
export const clock = (): number => performance.timeOrigin + performance.now()

/** A value that says when it was made. */
export function valueOfNow(bytes: number): Buffer {
  const value = Buffer.alloc(bytes, 'value of the benchmark, ')
  value.writeDoubleBE(clock())
  return value
}

/** @param at where the value begins */
export const readTime = (bytes: Buffer, at: number): number => bytes.readDoubleBE(at)
