import { startGenerator } from './load/generator.ts'
import type { BenchOptions, Endpoint } from './options.ts'
import type { Progress } from './progress.ts'
import { type Measurement, measurement, type Section } from './report/results.ts'

const MAX_BYTES = 1024 * 1024
const CLIENTS = 64
const KILOBYTE = 1000

/** Of one repetition. */
interface Round {
  readonly recordsPerSecond: number
  readonly megabytesPerSecond: number
  readonly pings: number
  readonly offsets: number
}

/**
 * Measures any WebSocket endpoint that speaks the protocol, from outside and without Kafka: nothing is compared, but two
 * results of one machine can be.
 */
export async function measureEndpoint(
  { url, topic }: Endpoint,
  { repetitions, seconds }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const load = startGenerator('gateway', url)
  const rounds: Round[] = []
  try {
    await load.gather(CLIENTS)
    const job = { topic, recordCount: 1, seconds }
    // The first round warms up the compilers, on both sides.
    for (let round = 0; round <= repetitions; round++) {
      progress.show(`${url}: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
      const scan = await load.openScan(topic, { maxBytes: MAX_BYTES, seconds })
      const pings = await load.crowdRate({ ...job, command: 'ping' })
      const offsets = await load.crowdRate({ ...job, command: 'list-offset' })
      if (round === 0) continue
      const recordsPerSecond = scan.records / scan.seconds
      const megabytesPerSecond = scan.answerBytes / KILOBYTE ** 2 / scan.seconds
      rounds.push({ recordsPerSecond, megabytesPerSecond, pings, offsets })
    }
    await load.leave()
  } finally {
    await load.close()
  }
  return [sectionOf(url, rounds)]
}

function sectionOf(url: string, rounds: readonly Round[]): Section {
  const of = (name: string, unit: string, key: keyof Round): Measurement =>
    measurement(
      name,
      unit,
      rounds.map((round) => round[key]),
    )
  return {
    title: `Endpoint ${url}`,
    measurements: [
      of('scan, one client', 'records/s', 'recordsPerSecond'),
      of('scan, one client, answers', 'MB/s', 'megabytesPerSecond'),
      of(`ping, ${CLIENTS} clients`, 'answers/s', 'pings'),
      of(`list offset, ${CLIENTS} clients`, 'answers/s', 'offsets'),
    ],
  }
}
