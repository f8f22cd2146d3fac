import type { Metrics } from '@sluice/spi'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { createHistogram, type Histogram } from './histogram.ts'
import { type MetricFamily, renderFamilies } from './metric-families.ts'
import { createCounter, createGauge, type Labels } from './metric-values.ts'

/** The metrics of this process. */
export interface GatewayMetrics {
  /** What schemes and the data plane register theirs in. */
  readonly metrics: Metrics
  /** The `Content-Type` of {@link render}. */
  readonly contentType: string
  /** All metrics as data. */
  collect(): Promise<readonly MetricFamily[]>
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>
  /** Ends the collection of process metrics. */
  close(): void
}

// Seconds: from a fetch that memory answers to one that waits at a broker.
const latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Makes the registry; metrics of Node and of the process are in it from the start, under their usual names. */
export function createMetrics(): GatewayMetrics {
  const registry = new Registry()
  // By default the delay of the event loop is looked at each 10 ms, which wakes an idle process a hundred times a second.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const names = (name: string, help: string, labelNames: string[]) => ({
    name: `sluice_${name}`,
    help,
    labelNames,
    registers: [registry],
  })
  const counter = cached((...args) => createCounter(names(...args)))
  const gauge = cached((...args) => createGauge(names(...args)))
  const histograms: Histogram[] = []
  const histogram = cached((...args) => {
    const { name, help } = names(...args)
    const made = createHistogram(name, help, latencyBuckets)
    histograms.push(made)
    return made
  })
  const collect = async () => [
    ...(await registry.getMetricsAsJSON()).map(toFamily),
    ...histograms.map((histogram) => histogram.collect()),
  ]
  return {
    metrics: {
      counter: (name, help, labels = {}) => counter(name, help, labels)(labels),
      gauge: (name, help, labels = {}, read) => gauge(name, help, labels)(labels, read),
      histogram: (name, help, labels = {}) => histogram(name, help, labels).with(labels),
    },
    contentType: registry.contentType,
    collect,
    render: async () => renderFamilies(await collect()),
    close: () => registry.clear(),
  }
}

/** What Prometheus' client gives for a metric; its types leave out the name that a sample of a histogram has. */
interface ClientMetric {
  readonly name: string
  readonly help: string
  readonly type: unknown
  readonly values: readonly {
    readonly metricName?: string
    readonly labels: Readonly<Partial<Record<string, string | number>>>
    readonly value: number
  }[]
}

function toFamily({ name, help, type, values }: ClientMetric): MetricFamily {
  return {
    name,
    help,
    type: String(type),
    samples: values.map(({ metricName = name, labels, value }) => ({
      name: metricName,
      labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
      value,
    })),
  }
}

/** One metric for each name; a second use must have the same label names, which Prometheus asks for. */
function cached<T>(create: (name: string, help: string, labelNames: string[]) => T) {
  const made = new Map<string, { readonly metric: T; readonly labelNames: string }>()
  return (name: string, help: string, labels: Labels): T => {
    const labelNames = Object.keys(labels).sort()
    const known = made.get(name)
    if (known === undefined) {
      const metric = create(name, help, labelNames)
      made.set(name, { metric, labelNames: labelNames.join() })
      return metric
    }
    if (known.labelNames !== labelNames.join()) {
      throw new Error(`metric ${name} has the labels [${known.labelNames}], not [${labelNames.join()}]; use one set`)
    }
    return known.metric
  }
}
