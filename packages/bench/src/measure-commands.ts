import type { LoadGenerator } from './load/generator.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import type { BenchTopic, Stage } from './stage.ts'

const CLIENTS = 64
// One after the other, of the raw client in each round.
const RAW_FETCHES = 2000

const names = ['echo', 'ping', 'rawOffsets', 'offsets', 'rawFetches', 'fetches'] as const

/** Answers per second. */
type Round = Readonly<Record<(typeof names)[number], number>>

/** Small commands of 64 clients, each with one under way, next to what they cost at least. */
export async function measureCommands(
  stage: Stage,
  topic: BenchTopic,
  { repetitions, seconds }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const rounds: Round[] = []
  const { load: echo } = await stage.bare('echo')
  await stage.gateway.gather(CLIENTS)
  await echo.gather(CLIENTS)
  // The first round warms up the compilers.
  for (let round = 0; round <= repetitions; round++) {
    progress.show(`commands of ${CLIENTS} clients: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
    const measured = await measureRound(stage, echo, topic, seconds)
    if (round > 0) rounds.push(measured)
  }
  await stage.gateway.leave()
  await echo.leave()
  return [pingSection(rounds), brokerSection(rounds)]
}

async function measureRound(
  { gateway, raw }: Stage,
  echo: LoadGenerator,
  topic: BenchTopic,
  seconds: number,
): Promise<Round> {
  const job = { topic: topic.name, recordCount: topic.recordCount, seconds }
  return {
    echo: await echo.crowdRate({ ...job, command: 'ping' }),
    ping: await gateway.crowdRate({ ...job, command: 'ping' }),
    rawOffsets: await raw.rawListOffsets(topic.name, seconds),
    offsets: await gateway.crowdRate({ ...job, command: 'list-offset' }),
    rawFetches: await rawFetchRate(raw, topic),
    fetches: await gateway.crowdRate({ ...job, command: 'fetch' }),
  }
}

async function rawFetchRate(raw: LoadGenerator, { name, recordCount }: BenchTopic): Promise<number> {
  const times = await raw.latency(name, { recordCount, requests: RAW_FETCHES })
  return times.length / (times.reduce((sum, time) => sum + time, 0) / 1000)
}

const rate = (title: string, name: keyof Round, rounds: readonly Round[]) =>
  measurement(
    title,
    'answers/s',
    rounds.map((round) => round[name]),
  )

function pingSection(rounds: readonly Round[]): Section {
  const [echo, ping] = [rate('bare ws echo', 'echo', rounds), rate('ping', 'ping', rounds)]
  return {
    title: `Ping, ${CLIENTS} clients`,
    measurements: [echo, ping],
    ratios: [ratio('ping / bare ws echo', ping, echo, { atLeast: 0.7 })],
  }
}

function brokerSection(rounds: readonly Round[]): Section {
  const [rawOffsets, offsets] = [
    rate('one raw connection, list offset', 'rawOffsets', rounds),
    rate('list offset', 'offsets', rounds),
  ]
  const [rawFetches, fetches] = [
    rate('one raw connection, one record', 'rawFetches', rounds),
    rate('one record', 'fetches', rounds),
  ]
  return {
    title: `Commands of ${CLIENTS} clients to the broker`,
    measurements: [rawOffsets, offsets, rawFetches, fetches],
    ratios: [
      ratio('list offset / raw', offsets, rawOffsets, { atLeast: 2 }),
      ratio('one record / raw', fetches, rawFetches, { atLeast: 2 }),
    ],
  }
}
