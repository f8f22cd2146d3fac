import assert from 'node:assert/strict'
import { type GatewayOptions, startGateway, type TestGateway } from '@sluice/harness'
import { waitFor } from '../wait.ts'

const names = [
  'sluice_connections',
  'sluice_kafka_commands_in_flight',
  'process_open_fds',
  'nodejs_active_resources{type="TCPSocketWrap"}',
  'nodejs_active_resources{type="Timeout"}',
] as const

const mebibyte = 2 ** 20
// Live memory, so that nothing but compiled code and caches may come on top.
const mostGrowth = 16 * mebibyte

/** Starts a gateway that {@link watchLeaks} can watch. */
export function startWatchedGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const preload = new URL('../collect-garbage.mjs', import.meta.url).href
  return startGateway({ logLevel: 'info', ...options, env: { ...options.env, NODE_OPTIONS: `--import=${preload}` } })
}

/** What a gateway holds; the same again when all clients have left. */
async function held(gateway: TestGateway): Promise<readonly number[]> {
  const counts: number[] = []
  // One after the other: each question under way would be a socket more.
  for (const name of names) counts.push(await gateway.metric(name))
  return counts
}

/** Bytes of its heap and outside of it that are in use. */
async function liveBytes(gateway: TestGateway): Promise<number> {
  process.kill(gateway.pid, 'SIGUSR2')
  // The first answer may have been on its way before the signal came.
  await gateway.metric('nodejs_heap_size_used_bytes')
  const heap = await gateway.metric('nodejs_heap_size_used_bytes')
  return heap + (await gateway.metric('nodejs_external_memory_bytes'))
}

/** Watches what a gateway holds while it is attacked. */
export interface LeakWatch {
  /** Notes how much memory is in use once the gateway is warm. */
  warm(): Promise<void>
  /** Fails unless everything is back to the count at the start, memory is flat, and nothing failed inside. */
  check(): Promise<void>
}

/**
 * Begins to watch.
 *
 * @param isExpected whether a line of the log, of level error, is no failure inside
 */
export async function watchLeaks(
  gateway: TestGateway,
  isExpected: (line: string) => boolean = () => false,
): Promise<LeakWatch> {
  const before = await held(gateway)
  let warm: number | undefined
  return {
    async warm() {
      warm = await liveBytes(gateway)
    },
    async check() {
      await waitFor(
        `${names.join(', ')} back to ${before.join(', ')}`,
        () => held(gateway),
        (now) => now.every((value, index) => value <= (before[index] ?? 0)),
      )
      assert.ok(warm !== undefined, 'the memory of the warm gateway is known')
      const atMost = warm + mostGrowth
      // What was freed last takes a collection more, or the end of a timer.
      await waitFor(
        `memory in use below ${Math.round(atMost / mebibyte)} MiB`,
        () => liveBytes(gateway),
        (now) => now < atMost,
      )
      const failures = gateway.log.filter((line) => line.includes('"level":"error"') || line.includes('"level":50'))
      assert.deepEqual(
        failures.filter((line) => !isExpected(line)),
        [],
        'nothing failed inside the gateway',
      )
    },
  }
}
