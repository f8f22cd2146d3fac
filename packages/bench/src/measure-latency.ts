import type { LatencyResult } from './load/latency.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import type { BenchTopic, Stage } from './stage.ts'

const REQUESTS = 3000
const MICROSECONDS = 1000

/** Fetches of one record each, both ways by turns, and the rate of commands that reach no broker or ask it little. */
export async function measureLatencies(
  stage: Stage,
  topic: BenchTopic,
  { repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const [raw, gateway] = [[] as LatencyResult[], [] as LatencyResult[]]
  const [pings, offsets] = [[] as number[], [] as number[]]
  // The first round warms up the compilers and the page cache.
  for (let round = 0; round <= repetitions; round++) {
    progress.show(`one-record fetches: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
    const job = { recordCount: topic.recordCount, requests: REQUESTS }
    const both = [await stage.raw.latency(topic.name, job), await stage.gateway.latency(topic.name, job)] as const
    const rate = (command: 'ping' | 'list-offset') =>
      stage.gateway.commandRate({ command, topic: topic.name, requests: REQUESTS })
    const rates = [await rate('ping'), await rate('list-offset')] as const
    if (round === 0) continue
    raw.push(both[0])
    gateway.push(both[1])
    pings.push(rates[0])
    offsets.push(rates[1])
  }
  return [latencySection(raw, gateway), rateSection(pings, offsets)]
}

function latencySection(raw: readonly LatencyResult[], gateway: readonly LatencyResult[]): Section {
  const p50 = (name: string, results: readonly LatencyResult[]) =>
    measurement(
      `${name}, p50`,
      'µs',
      results.map(({ p50Ms }) => p50Ms * MICROSECONDS),
    )
  const p99 = (name: string, results: readonly LatencyResult[]) =>
    measurement(
      `${name}, p99`,
      'µs',
      results.map(({ p99Ms }) => p99Ms * MICROSECONDS),
    )
  const [rawMiddle, gatewayMiddle] = [p50('raw client', raw), p50('through the gateway', gateway)]
  return {
    title: 'Fetch of one record of 1 KiB',
    measurements: [rawMiddle, gatewayMiddle, p99('raw client', raw), p99('through the gateway', gateway)],
    ratio: ratio('gateway / raw, p50', gatewayMiddle, rawMiddle, { atMost: 1.5 }),
  }
}

function rateSection(pings: readonly number[], offsets: readonly number[]): Section {
  return {
    title: 'Small commands, one client, 16 under way',
    measurements: [measurement('ping', 'answers/s', pings), measurement('list offset', 'answers/s', offsets)],
  }
}
