const firstMs = 100
const longestMs = 5000

/** Milliseconds to wait after so many failures in a row: doubled each time, up to 5 s, and spread by half so that nodes do not come all at once. */
export function backoffMs(failures: number, random = Math.random()): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 16)) * (0.5 + random / 2)
}
