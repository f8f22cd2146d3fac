/** One number of a metric. */
export interface MetricSample {
  /** That of the family, or with `_bucket`, `_sum` or `_count` behind it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All numbers of one metric: plain data, which one process can send to another. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  /** `counter`, `gauge`, `histogram` or `summary`. */
  readonly type: string
  readonly samples: readonly MetricSample[]
}

/** Metrics in Prometheus' text format, version 0.0.4. */
export function renderFamilies(families: readonly MetricFamily[]): string {
  return `${families.map(renderFamily).join('\n\n')}\n`
}

/** What tells the samples of one family apart; the order of labels does not matter. */
export function sampleKey({ name, labels }: MetricSample): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([name, sorted])
}

function renderFamily({ name, help, type, samples }: MetricFamily): string {
  const lines = samples.map((sample) => `${sample.name}${labelText(sample.labels)} ${numberText(sample.value)}`)
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines].join('\n')
}

function labelText(labels: MetricSample['labels']): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value)
  return value < 0 ? '-Inf' : '+Inf'
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
