import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import type { Stage } from './stage.ts'
import type { Usage } from './usage.ts'

const MICROSECONDS = 1e6
const ways = ['all', 'session'] as const

/** Microseconds for each poll. */
interface Sample {
  readonly time: number
  readonly clientCpu: number
  /** Undefined where somebody else's Kafka is used. */
  readonly brokerCpu: number | undefined
}

type Samples = Readonly<Record<(typeof ways)[number], Sample[]>>

/** What a poll of many partitions costs that names all of them, next to one within a fetch session (KIP-227). */
export async function measureSessions(stage: Stage, options: BenchOptions, progress: Progress): Promise<Section[]> {
  const sections: Section[] = []
  for (const partitions of options.quick ? [100] : [1, 100, 1000]) {
    const topic = await stage.create(`sessions-${partitions}`, partitions)
    const samples: Samples = { all: [], session: [] }
    // V8 and the broker's JVM go on making the code faster for a while.
    for (let round = -2; round <= options.repetitions; round++) {
      progress.show(
        `polls of ${partitions} partitions: ${round < 1 ? 'warming up' : `${round} of ${options.repetitions}`}`,
      )
      for (const way of ways) {
        const sample = await measureRound(stage, topic, partitions, way, options.quick ? 500 : 2000)
        if (round > 0) samples[way].push(sample)
      }
    }
    sections.push(sectionOf(partitions, samples))
  }
  return sections
}

async function measureRound(
  { raw, brokerUsage }: Stage,
  topic: string,
  partitions: number,
  way: (typeof ways)[number],
  polls: number,
): Promise<Sample> {
  const before = await brokerUsage()
  const { seconds, cpuSeconds } = await raw.polls({ topic, partitions, session: way === 'session', polls })
  const after = await brokerUsage()
  const each = (spent: number): number => (MICROSECONDS * spent) / polls
  return { time: each(seconds), clientCpu: each(cpuSeconds), brokerCpu: between(before, after, each) }
}

function between(before: Usage | undefined, after: Usage | undefined, each: (spent: number) => number) {
  return before && after && each(after.cpuSeconds - before.cpuSeconds)
}

function sectionOf(partitions: number, { all, session }: Samples): Section {
  const of = (name: string, samples: readonly Sample[], unit: string, key: keyof Sample) => {
    const values = samples.flatMap((sample) => sample[key] ?? [])
    return values.length === 0 ? undefined : measurement(name, unit, values)
  }
  const rows = (['time', 'clientCpu', 'brokerCpu'] as const).flatMap((key) => {
    const [what, unit] = titles[key]
    const one = of(`all partitions named, ${what}`, all, unit, key)
    const other = of(`session, ${what}`, session, unit, key)
    return one === undefined || other === undefined ? [] : [{ what, one, other }]
  })
  return {
    title: `Polls of ${partitions.toLocaleString('en-US')} idle partitions, straight to the broker`,
    measurements: rows.flatMap(({ one, other }) => [one, other]),
    ratios: rows.map(({ what, one, other }) => ratio(`session / all named, ${what}`, other, one)),
  }
}

const titles = {
  time: ['time', 'µs each'],
  clientCpu: ['client', 'CPU µs each'],
  brokerCpu: ['broker', 'CPU µs each'],
} as const
