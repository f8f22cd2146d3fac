import { setTimeout as delay } from 'node:timers/promises'
import type { LoadGenerator } from './load/generator.ts'

const STALL_MS = 30_000
const POLL_MS = 20

/**
 * Waits until the followers of a load generator have so many records, counted from the last report.
 *
 * @returns how long the last of them was under way, in milliseconds
 * @throws {Error} when a follower is lost, or nothing has come for half a minute
 */
export async function untilReceived(load: LoadGenerator, expected: number): Promise<number> {
  let received = 0
  let longest = 0
  for (let last = performance.now(); received < expected; await delay(POLL_MS)) {
    const report = await load.followReport()
    if (report.lost > 0) throw new Error(`${report.lost} followers were lost: ${report.firstError}`)
    if (report.received > 0) last = performance.now()
    received += report.received
    longest = Math.max(longest, report.max ?? 0)
    if (performance.now() - last > STALL_MS) throw new Error(`only ${received} of ${expected} records arrived`)
  }
  return longest
}
