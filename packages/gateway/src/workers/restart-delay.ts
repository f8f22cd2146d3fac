/** A worker that has served for so long is not in a crash loop. */
export const healthyMs = 60_000

const firstMs = 100
const longestMs = 30_000

/**
 * Milliseconds until a worker that ended is replaced: 100 at first, then twice as many each time, 30 seconds at most.
 *
 * @param failures how often in a row it ended before it had served for {@link healthyMs}; from 1
 */
export function restartDelay(failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1))
}
