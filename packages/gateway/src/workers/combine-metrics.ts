import { type MetricFamily, type MetricSample, sampleKey } from '../metric-families.ts'

/** The metrics of one process. */
export interface ProcessMetrics {
  /** `main` or the number of a worker: the value of the label `worker`. */
  readonly worker: string
  readonly families: readonly MetricFamily[]
}

// What is told for each process: a sum over them would mean nothing, or hide the one that is in trouble.
const perProcess = /^(process_|nodejs_(eventloop|heap_size|external|version)|sluice_config_revision$)/

/**
 * The metrics of several processes as those of one: numbers with equal names and labels are added up, those of the
 * process itself get a label `worker`.
 */
export function combineMetrics(processes: readonly ProcessMetrics[]): MetricFamily[] {
  const combined = new Map<string, { readonly family: MetricFamily; readonly samples: Map<string, MetricSample> }>()
  for (const { worker, families } of processes) {
    for (const family of families) {
      const known = combined.get(family.name) ?? { family, samples: new Map<string, MetricSample>() }
      combined.set(family.name, known)
      for (const sample of family.samples)
        add(known.samples, perProcess.test(family.name) ? of(worker, sample) : sample)
    }
  }
  return Array.from(combined.values(), ({ family, samples }) => ({ ...family, samples: [...samples.values()] }))
}

/**
 * What must not go down when the process is gone: counters and histograms that are added up. Prometheus takes a total that
 * falls for one that started anew at 0, and would count the rest of it twice.
 */
export function totalsOf(families: readonly MetricFamily[]): MetricFamily[] {
  return families.filter(({ name, type }) => type !== 'gauge' && !perProcess.test(name))
}

function add(samples: Map<string, MetricSample>, sample: MetricSample): void {
  const key = sampleKey(sample)
  const known = samples.get(key)
  samples.set(key, known === undefined ? sample : { ...known, value: known.value + sample.value })
}

function of(worker: string, sample: MetricSample): MetricSample {
  return { ...sample, labels: { ...sample.labels, worker } }
}
