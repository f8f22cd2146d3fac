import { measureLatencies } from './measure-latency.ts'
import { measureScans } from './measure-scan.ts'
import { measureSlowClients } from './measure-slow-clients.ts'
import type { BenchOptions, Kind } from './options.ts'
import type { Progress } from './progress.ts'
import type { Section } from './report/results.ts'
import type { Stage } from './stage.ts'

const LATENCY_RECORDS = 20_000
const KIBIBYTE = 1024

/** Makes the topics that a kind of measurement needs, and measures. */
type Workload = (stage: Stage, options: BenchOptions, progress: Progress) => Promise<Section[]>

/** Each kind of measurement. */
export const workloads: Readonly<Record<Kind, Workload>> = {
  async scan(stage, options, progress) {
    const kibibytes = await stage.fill('1k', KIBIBYTE, options.records, 'batches')
    const small = await stage.fill('100b', 100, 3 * options.records, 'batches')
    const plans = [
      { title: 'Scan, records of 1 KiB', topic: kibibytes, target: { atLeast: 0.5 } },
      { title: 'Scan, records of 100 B', topic: small, target: { atLeast: 0.35 } },
    ]
    return measureScans(stage, plans, options, progress)
  },
  async latency(stage, options, progress) {
    const topic = await stage.fill('single', KIBIBYTE, LATENCY_RECORDS, 'single')
    return measureLatencies(stage, topic, options, progress)
  },
  async 'slow-clients'(stage, options, progress) {
    const single = await stage.fill('few', KIBIBYTE, LATENCY_RECORDS, 'single')
    const large = await stage.fill('large', KIBIBYTE, 4 * KIBIBYTE, 'batches')
    return measureSlowClients(stage, { single, large }, options, progress)
  },
}
