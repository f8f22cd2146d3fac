import type { BenchResults, Measurement, Ratio, Section } from './results.ts'
import { spread } from './statistics.ts'

/** The results as lines for a terminal or a page. */
export function renderTable({ startedAt, machine, repetitions, sections, failures = [] }: BenchResults): string {
  const head = `${startedAt}, ${machine}, ${repetitions} repetitions`
  const failed = failures.map((failure) => `✗ not measured: ${failure}`)
  return `${[head, ...sections.map(renderSection), ...failed].join('\n\n')}\n`
}

function renderSection({ title, measurements, ratios = [] }: Section): string {
  const lines = measurements.map(renderMeasurement)
  const columns = row(title, '', 'min', 'median', 'max')
  return [columns, ...lines, ...ratios.map(renderRatio)].join('\n')
}

const renderMeasurement = ({ name, unit, min, median, max }: Measurement): string =>
  row(`  ${name}`, unit, format(min), format(median), format(max))

function renderRatio({ name, value, values, target }: Ratio): string {
  const { min, max } = spread(values)
  const line = row(`  ${name}`, 'ratio', format(min), format(value), format(max))
  return target === undefined ? line : `${line}   ${target.met ? '✓' : '✗'} ${target.text}`
}

function row(name: string, unit: string, ...numbers: readonly string[]): string {
  return [name.padEnd(40), unit.padEnd(12), ...numbers.map((number) => number.padStart(12))].join('').trimEnd()
}

/** Three significant digits, or whole numbers in groups of three. */
function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3)
}
