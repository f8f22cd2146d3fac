import type { BenchResults, Ratio } from './results.ts'
import { spread } from './statistics.ts'
import { type Bar, drawBars } from './svg.ts'

const [GOOD, BAD, NEUTRAL] = ['#4a9', '#d85', '#68b']
const MOST_TARGETS = 3

/** The pictures of a run, by file name. */
export function drawPlots(results: BenchResults): Readonly<Record<string, string>> {
  return { 'ratios.svg': drawRatios(results), 'cpu.svg': drawUnit(results, 'CPU s/GB') }
}

/** How near each ratio with a target is to it: the target is at 1, and farther right is better. */
export function drawRatios({ startedAt, sections }: BenchResults): string {
  const bars = sections.flatMap(({ title, ratios = [] }) => ratios.flatMap((ratio) => barOf(title, ratio)))
  return drawBars({
    title: `Each ratio against its target, ${startedAt.slice(0, 10)}: farther right is better`,
    bars,
    line: { at: 1, what: 'target' },
    scaleEnd: MOST_TARGETS,
    legend: [
      { color: GOOD, what: 'met' },
      { color: BAD, what: 'missed' },
    ],
  })
}

function barOf(group: string, { name, value, values, target }: Ratio): Bar[] {
  if (target === undefined) return []
  const bound = Number(target.text.split(' ').at(-1))
  const score = (ratio: number): number => (target.better === 'more' ? ratio / bound : bound / ratio)
  const { min, max } = spread(values.map(score))
  const note = `${value.toFixed(2)}, ${target.text}`
  return [{ group, label: name, min, value: score(value), max, note, color: target.met ? GOOD : BAD }]
}

/** All measurements of one unit. */
export function drawUnit({ startedAt, sections }: BenchResults, unit: string): string {
  const bars = sections.flatMap(({ title, measurements }) =>
    measurements
      .filter((each) => each.unit === unit)
      .map(({ name, min, median, max }) => ({
        group: title,
        label: name,
        min,
        value: median,
        max,
        note: median.toFixed(2),
        color: NEUTRAL,
      })),
  )
  return drawBars({
    title: `${unit}, ${startedAt.slice(0, 10)}`,
    bars,
    legend: [{ color: NEUTRAL, what: 'median' }],
  })
}
