import { copyBytes, type Memory } from '../copy-bytes.ts'

/** What these copies write at most beyond the bytes asked for; the output must have that much more memory. */
const OVERSHOOT = 16

/** Copies `length` bytes of compressed input that stand for themselves. May write more than asked, up to 16 bytes. */
export const copyLiterals = (from: Memory, start: number, to: Memory, at: number, length: number): void => {
  // Most literals are short: 16 bytes at once cost less than asking how many there are.
  if (length <= OVERSHOOT && start + OVERSHOOT <= from.buffer.length) {
    to.view.setBigInt64(at, from.view.getBigInt64(start))
    to.view.setBigInt64(at + 8, from.view.getBigInt64(start + 8))
    return
  }
  copyBytes(from, start, to, at, length)
}

/**
 * Repeats `length` bytes found `distance` bytes back, as LZ77 formats mean it: source and target may overlap. May write
 * more than asked, up to 16 bytes.
 */
export const copyMatch = ({ buffer, view }: Memory, at: number, distance: number, length: number): void => {
  if (length <= OVERSHOOT && distance >= 8) {
    view.setBigInt64(at, view.getBigInt64(at - distance))
    view.setBigInt64(at + 8, view.getBigInt64(at + 8 - distance))
    return
  }
  const end = at + length
  if (length >= 256 && distance >= length) {
    buffer.copyWithin(at, at - distance, end - distance)
    return
  }
  let step = distance
  if (distance < 8) {
    // The pattern repeats, so any multiple of the distance leads to the same bytes; eight at a time needs eight or more.
    while (step < 8) step += distance
    const alone = Math.min(end, at + step - distance)
    for (; at < alone; at++) view.setUint8(at, view.getUint8(at - distance))
  }
  for (; at < end; at += 8) view.setBigInt64(at, view.getBigInt64(at - step))
}
