const FIRST_MS = 100
const LARGEST_MS = 10_000

/** The wait before the n-th attempt in a row (from 0): 100 ms doubling to 10 s, with 20 % jitter either way. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LARGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20))
  return base * (0.8 + 0.4 * random())
}
