import type * as Spi from '@sluice/spi'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Names and values of labels. */
export type Labels = Readonly<Record<string, string>>

interface Series {
  readonly labels: Labels
  value: number
  /** Asked for what to add; those that have nothing more to add are forgotten. */
  readonly readers: Set<() => number | undefined>
}

/**
 * The numbers of one metric, one for each set of labels. They are given to Prometheus' client only when somebody asks:
 * it looks labels up for every change, which costs more than what is counted.
 */
class SeriesList {
  readonly #series = new Map<string, Series>()

  /** The number with these labels, 0 at first; always the same object. */
  of(labels: Labels): Series {
    return valueAt(this.#series, labels, () => ({ labels, value: 0, readers: new Set() }))
  }

  /** Gives the client the numbers. */
  publish(metric: { reset(): void; inc(labels: Labels, value: number): void }): void {
    metric.reset()
    for (const series of this.#series.values()) metric.inc(series.labels, series.value + readAll(series))
  }
}

/** What a metric is called and where it is registered. */
export interface MetricNames {
  readonly name: string
  readonly help: string
  readonly labelNames: string[]
  readonly registers: Registry[]
}

/** Gives the counter with certain labels. */
export function createCounter(names: MetricNames): (labels: Labels) => Spi.Counter {
  const series = new SeriesList()
  new Counter({
    ...names,
    collect() {
      series.publish(this)
    },
  })
  return (labels) => {
    const { add } = adder(series.of(labels))
    return {
      add(value) {
        if (!(value >= 0)) throw new RangeError(`counter ${names.name} cannot go up by ${value}`)
        add(value)
      },
    }
  }
}

/** Gives the gauge with certain labels; what `read` gives is added to it. */
export function createGauge(names: MetricNames): (labels: Labels, read?: () => number | undefined) => Spi.Gauge {
  const series = new SeriesList()
  new Gauge({
    ...names,
    collect() {
      series.publish(this)
    },
  })
  return (labels, read) => {
    const own = series.of(labels)
    if (read !== undefined) own.readers.add(read)
    return adder(own)
  }
}

function readAll({ readers }: Series): number {
  let sum = 0
  for (const read of readers) {
    const value = read()
    if (value === undefined) readers.delete(read)
    else sum += value
  }
  return sum
}

function adder(series: Series): { readonly add: (value: number) => void } {
  return {
    add: (value) => {
      series.value += value
    },
  }
}

/** The value under these labels, in whatever order they are named; made at the first call. */
export function valueAt<T>(values: Map<string, T>, labels: Labels, create: () => T): T {
  const key = JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)))
  const known = values.get(key)
  if (known !== undefined) return known
  const made = create()
  values.set(key, made)
  return made
}
