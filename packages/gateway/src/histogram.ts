import type * as Spi from '@sluice/spi'
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
  /** All of it in Prometheus' text format. */
  render(): string
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
    render() {
      const lines = [...all.values()].flatMap((kept) => series(name, buckets, kept))
      return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} histogram`, ...lines].join('\n')
    },
  }
}

function series(name: string, buckets: readonly number[], { labels, counts, sum }: Observations): string[] {
  let count = 0
  const lines = counts.map((more, index) => {
    count += more
    return `${name}_bucket${labelText({ le: String(buckets[index] ?? '+Inf'), ...labels })} ${count}`
  })
  return [...lines, `${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${count}`]
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
