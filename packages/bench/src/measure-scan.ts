import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { boundRatio, measurement, ratio, type Section, type Target } from './report/results.ts'
import { type ScanSample, scanMeasured, scanRaw } from './scan-measured.ts'
import type { BenchTopic, Stage } from './stage.ts'

/** What is scanned, and what is expected of it. */
export interface ScanPlan {
  readonly title: string
  readonly topic: BenchTopic
  readonly target: Target
  /** CPU seconds of the gateway that each gigabyte may cost. */
  readonly mostCpu: number
}

/** Scans each topic both ways, by turns, so that a slow moment of the machine does not fall on one side only. */
export async function measureScans(
  stage: Stage,
  plans: readonly ScanPlan[],
  { repetitions, seconds }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const samples = plans.map((plan) => ({ plan, raw: [] as ScanSample[], gateway: [] as ScanSample[] }))
  // The first round warms up the compilers and the page cache.
  for (let round = 0; round <= repetitions; round++) {
    for (const { plan, raw, gateway } of samples) {
      progress.show(`${plan.title}: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
      const both = [
        await scanRaw(stage.raw, plan.topic, seconds),
        await scanMeasured(stage, plan.topic, seconds),
      ] as const
      if (round === 0) continue
      raw.push(both[0])
      gateway.push(both[1])
    }
  }
  return samples.map(({ plan, raw, gateway }) => sectionOf(plan, raw, gateway))
}

function sectionOf(
  { title, topic, target, mostCpu }: ScanPlan,
  raw: readonly ScanSample[],
  gateway: readonly ScanSample[],
): Section {
  const rate = (name: string, samples: readonly ScanSample[]) =>
    measurement(
      name,
      'records/s',
      samples.map(({ recordsPerSecond }) => recordsPerSecond),
    )
  const [rawRate, gatewayRate] = [rate('raw client', raw), rate('through the gateway', gateway)]
  const megabytes = (samples: readonly ScanSample[]) =>
    samples.map(({ recordsPerSecond }) => (recordsPerSecond * topic.bytes) / topic.recordCount / 1e6)
  const cpu = (name: string, samples: readonly ScanSample[]) => {
    const values = samples.flatMap(({ cpuSecondsPerGb }) => cpuSecondsPerGb ?? [])
    return values.length === 0 ? [] : [measurement(name, 'CPU s/GB', values)]
  }
  const gatewayCpu = cpu('gateway itself', gateway)
  return {
    title,
    measurements: [
      rawRate,
      gatewayRate,
      measurement('raw client', 'MB/s', megabytes(raw)),
      measurement('through the gateway', 'MB/s', megabytes(gateway)),
      ...cpu('raw client itself', raw),
      ...gatewayCpu,
    ],
    ratios: [
      ratio('gateway / raw, records/s', gatewayRate, rawRate, target),
      ...gatewayCpu.map((spent) => boundRatio(`gateway / ${mostCpu.toFixed(1)} CPU s/GB`, spent, mostCpu)),
    ],
  }
}
