import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import type { BenchTopic, MeasuredGateway, Stage } from './stage.ts'

const CLIENTS = 64
const MICROSECONDS = 1e6
const commands = ['ping', 'fetch'] as const
const answered = 'sluice_pubsub_commands_total'

/** Of one round. */
interface Sample {
  readonly answersPerSecond: number
  /** Microseconds of all processes of the gateway. */
  readonly cpuForEach: number
}

type Samples = readonly [Sample[], Sample[]]

/** Two workers next to one, with the same clients: what a command costs, and how many are answered. */
export async function measureWorkers(
  stage: Stage,
  topic: BenchTopic,
  { repetitions, seconds }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  if (stage.usage === undefined) return []
  const gateways = [await stage.workers(1), await stage.workers(2)] as const
  for (const { load } of gateways) await load.gather(CLIENTS)
  const samples: Record<(typeof commands)[number], Samples> = { ping: [[], []], fetch: [[], []] }
  // The first round warms up the compilers.
  for (let round = 0; round <= repetitions; round++) {
    progress.show(`one and two workers: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
    for (const command of commands) {
      for (const index of [0, 1] as const) {
        const sample = await measureRound(gateways[index], topic, command, seconds)
        if (round > 0) samples[command][index].push(sample)
      }
    }
  }
  for (const { load } of gateways) await load.leave()
  return [sectionOf('Ping', samples.ping), sectionOf('Fetch of one record', samples.fetch)]
}

async function measureRound(
  { load, metric, usage }: MeasuredGateway,
  { name, recordCount }: BenchTopic,
  command: (typeof commands)[number],
  seconds: number,
): Promise<Sample> {
  const [before, answersBefore] = [await usage(), await metric(answered)]
  const answersPerSecond = await load.crowdRate({ command, topic: name, recordCount, seconds })
  const [after, answersAfter] = [await usage(), await metric(answered)]
  const cpuForEach = (MICROSECONDS * (after.cpuSeconds - before.cpuSeconds)) / (answersAfter - answersBefore)
  return { answersPerSecond, cpuForEach }
}

function sectionOf(title: string, samples: Samples): Section {
  const of = (name: string, unit: string, index: 0 | 1, key: keyof Sample) =>
    measurement(
      name,
      unit,
      samples[index].map((sample) => sample[key]),
    )
  const [one, two] = [
    of('1 worker', 'answers/s', 0, 'answersPerSecond'),
    of('2 workers', 'answers/s', 1, 'answersPerSecond'),
  ]
  const [oneCpu, twoCpu] = [
    of('1 worker', 'CPU µs each', 0, 'cpuForEach'),
    of('2 workers', 'CPU µs each', 1, 'cpuForEach'),
  ]
  return {
    title: `${title}, ${CLIENTS} clients, workers`,
    measurements: [one, two, oneCpu, twoCpu],
    ratios: [
      ratio('2 workers / 1, CPU for each', twoCpu, oneCpu, { atMost: 1.1 }),
      ratio('2 workers / 1, answers per second', two, one),
    ],
  }
}
