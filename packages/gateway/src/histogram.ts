import type * as Spi from '@sluice/spi'
import type { MetricFamily, MetricSample } from './metric-families.ts'
import { type Labels, valueAt } from './metric-values.ts'

interface Observations {
  readonly labels: Labels
  /** How many fell into each bucket and into none before it; the last one has no bound. */
  readonly counts: number[]
  sum: number
}

/** A histogram, one for each set of labels: an observation is an addition or two. */
export interface Histogram {
  with(labels: Labels): Spi.Histogram
  collect(): MetricFamily
}

/** Makes a histogram. Prometheus' client has one too, which cannot be given numbers that were counted elsewhere. */
export function createHistogram(name: string, help: string, buckets: readonly number[]): Histogram {
  const all = new Map<string, Observations>()
  return {
    with(labels) {
      const kept = valueAt(all, labels, () => ({ labels, counts: [...buckets.map(() => 0), 0], sum: 0 }))
      return {
        observe(value) {
          let index = 0
          while (value > (buckets[index] ?? Number.POSITIVE_INFINITY)) index++
          kept.counts[index] = (kept.counts[index] ?? 0) + 1
          kept.sum += value
        },
      }
    },
    collect: () => ({
      name,
      help,
      type: 'histogram',
      samples: [...all.values()].flatMap((kept) => series(name, buckets, kept)),
    }),
  }
}

function series(name: string, buckets: readonly number[], { labels, counts, sum }: Observations): MetricSample[] {
  let count = 0
  const cumulated = counts.map((more, index) => {
    count += more
    return { name: `${name}_bucket`, labels: { le: String(buckets[index] ?? '+Inf'), ...labels }, value: count }
  })
  return [...cumulated, { name: `${name}_sum`, labels, value: sum }, { name: `${name}_count`, labels, value: count }]
}
