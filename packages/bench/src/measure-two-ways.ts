import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section, type Target } from './report/results.ts'
import type { ScanSample } from './scan-measured.ts'

/** Two ways of reading one topic through the gateway, the second against the first. */
export interface TwoWays {
  readonly title: string
  readonly ways: readonly [Way, Way]
  readonly target?: Target
  /** Of the CPU for each gigabyte, where that is known. */
  readonly cpuTarget?: Target
  /** Rounds that are not counted; 1 by default. */
  readonly warmUpRounds?: number
}

interface Way {
  readonly name: string
  scan(): Promise<ScanSample>
}

/** Scans by turns, first warming up. */
export async function measureTwoWays(
  { title, ways, target, cpuTarget, warmUpRounds = 1 }: TwoWays,
  { repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section> {
  const samples = [[] as ScanSample[], [] as ScanSample[]] as const
  for (let round = 1 - warmUpRounds; round <= repetitions; round++) {
    progress.show(`${title}: ${round < 1 ? 'warming up' : `${round} of ${repetitions}`}`)
    for (const index of [0, 1] as const) {
      const sample = await ways[index].scan()
      if (round > 0) samples[index].push(sample)
    }
  }
  const rate = (index: 0 | 1) =>
    measurement(
      ways[index].name,
      'records/s',
      samples[index].map(({ recordsPerSecond }) => recordsPerSecond),
    )
  const cpu = (index: 0 | 1) => {
    const values = samples[index].flatMap(({ cpuSecondsPerGb }) => cpuSecondsPerGb ?? [])
    return values.length === 0 ? undefined : measurement(ways[index].name, 'CPU s/GB', values)
  }
  const [one, other] = [rate(0), rate(1)]
  const [oneCpu, otherCpu] = [cpu(0), cpu(1)]
  const name = `${ways[1].name} / ${ways[0].name}`
  const ratios = [ratio(name, other, one, target)]
  if (oneCpu && otherCpu) ratios.push(ratio(`${name}, CPU`, otherCpu, oneCpu, cpuTarget))
  return { title, measurements: [one, other, ...(oneCpu ? [oneCpu] : []), ...(otherCpu ? [otherCpu] : [])], ratios }
}
