import type { LoadGenerator } from './load/generator.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import { percentile } from './report/statistics.ts'
import type { BenchTopic, Stage } from './stage.ts'

// Slices by turns, so that what else the machine does meets both ways alike.
const SLICES = 10
const SLICE_REQUESTS = 300
// V8 goes on making the code faster until it has run some ten thousand times, and a gateway runs for longer than that.
const WARM_UP_ROUNDS = 8
const COMMANDS = 3000
const MICROSECONDS = 1000

const wayTitles = { raw: 'raw client', relay: 'through a bare relay', gateway: 'through the gateway' }
type Way = keyof typeof wayTitles
const wayNames = ['raw', 'relay', 'gateway'] as const satisfies readonly Way[]

type Rounds = Readonly<Record<Way, Percentiles[]>>

/** Of one round, in milliseconds. */
interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** Fetches of one record each, three ways by turns, and the rate of commands that reach no broker or ask it little. */
export async function measureLatencies(
  stage: Stage,
  topic: BenchTopic,
  { repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const ways = { raw: stage.raw, relay: await stage.relay(topic.name), gateway: stage.gateway }
  const rounds: Rounds = { raw: [], relay: [], gateway: [] }
  const [pings, offsets] = [[] as number[], [] as number[]]
  const rate = (command: 'ping' | 'list-offset') =>
    stage.gateway.commandRate({ command, topic: topic.name, requests: COMMANDS })
  for (let round = 1; round <= WARM_UP_ROUNDS; round++) {
    progress.show(`one-record fetches: warming up, ${round} of ${WARM_UP_ROUNDS}`)
    await measureRound(ways, topic)
    await rate('ping')
    await rate('list-offset')
  }
  for (let round = 1; round <= repetitions; round++) {
    progress.show(`one-record fetches: ${round} of ${repetitions}`)
    const measured = await measureRound(ways, topic)
    for (const way of wayNames) rounds[way].push(measured[way])
    pings.push(await rate('ping'))
    offsets.push(await rate('list-offset'))
  }
  return [latencySection(rounds), rateSection(pings, offsets)]
}

async function measureRound(
  ways: Readonly<Record<Way, LoadGenerator>>,
  topic: BenchTopic,
): Promise<Readonly<Record<Way, Percentiles>>> {
  const job = { recordCount: topic.recordCount, requests: SLICE_REQUESTS }
  const times: Record<Way, number[]> = { raw: [], relay: [], gateway: [] }
  for (let slice = 0; slice < SLICES; slice++) {
    for (const way of wayNames) times[way].push(...(await ways[way].latency(topic.name, job)))
  }
  return { raw: percentiles(times.raw), relay: percentiles(times.relay), gateway: percentiles(times.gateway) }
}

function percentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((one, other) => one - other)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}

function latencySection(rounds: Rounds): Section {
  const of = (way: Way, which: keyof Percentiles) =>
    measurement(
      `${wayTitles[way]}, ${which}`,
      'µs',
      rounds[way].map((round) => round[which] * MICROSECONDS),
    )
  const middle = { raw: of('raw', 'p50'), relay: of('relay', 'p50'), gateway: of('gateway', 'p50') }
  const tail = { raw: of('raw', 'p99'), relay: of('relay', 'p99'), gateway: of('gateway', 'p99') }
  return {
    title: 'Fetch of one record of 1 KiB',
    measurements: [...wayNames.map((way) => middle[way]), ...wayNames.map((way) => tail[way])],
    ratios: [
      ratio('gateway / raw, p50', middle.gateway, middle.raw, { atMost: 1.3 }),
      ratio('gateway / raw, p99', tail.gateway, tail.raw, { atMost: 2 }),
      ratio('bare relay / raw, p50', middle.relay, middle.raw),
      ratio('gateway / bare relay, p50', middle.gateway, middle.relay),
    ],
  }
}

function rateSection(pings: readonly number[], offsets: readonly number[]): Section {
  return {
    title: 'Small commands, one client, 16 under way',
    measurements: [measurement('ping', 'answers/s', pings), measurement('list offset', 'answers/s', offsets)],
  }
}
