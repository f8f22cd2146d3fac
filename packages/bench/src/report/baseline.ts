import type { BenchResults, Ratio } from './results.ts'

/** What later runs are compared with: of each ratio that has a target, the value of the run that was kept. */
export interface Baseline {
  /** When that run began, ISO 8601. */
  readonly startedAt: string
  readonly machine: string
  /** By {@link ratioKey}. */
  readonly ratios: Readonly<Record<string, BaselineRatio>>
}

/** Of medians. */
export interface BaselineRatio {
  readonly value: number
  readonly better: 'more' | 'less'
}

/** One ratio then and now. */
export interface Comparison {
  readonly key: string
  readonly then: number
  readonly now: number
  /** How much worse it is, as a share of what it was; below 0 where it is better. */
  readonly worse: number
  readonly regressed: boolean
}

/** How much worse a ratio may be before it counts as a regression. */
const TOLERANCE = 0.25

/** What tells ratios apart, in files and tables. */
const ratioKey = (title: string, { name }: Ratio): string => `${title}: ${name}`

/**
 * The ratios of a run that have a target, as a baseline.
 *
 * @param old a baseline whose ratios stay where the run has none
 */
export function baselineOf({ startedAt, machine, sections }: BenchResults, old?: Baseline): Baseline {
  const entries = sections.flatMap(({ title, ratios = [] }) =>
    ratios.flatMap((ratio) =>
      ratio.target === undefined
        ? []
        : [[ratioKey(title, ratio), { value: ratio.value, better: ratio.target.better }] as const],
    ),
  )
  return { startedAt, machine, ratios: { ...old?.ratios, ...Object.fromEntries(entries) } }
}

/** Compares what both have: a run of one kind says nothing of the others, and what is new has nothing to be compared with. */
export function compareWithBaseline(results: BenchResults, baseline: Baseline): Comparison[] {
  return Object.entries(baselineOf(results).ratios).flatMap(([key, { value: now, better }]) => {
    const then = baseline.ratios[key]?.value
    if (then === undefined) return []
    const worse = better === 'more' ? 1 - now / then : now / then - 1
    return [{ key, then, now, worse, regressed: worse > TOLERANCE }]
  })
}

const HEADING = 'Compared with the baseline'

/** The comparisons as lines. */
export function renderComparisons(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return 'The baseline has none of these ratios.\n'
  const width = Math.max(HEADING.length, ...comparisons.map(({ key }) => key.length))
  const row = (key: string, ...cells: readonly string[]): string =>
    [key.padEnd(width), ...cells.map((cell) => cell.padStart(10))].join('')
  const lines = comparisons.map(({ key, then, now, worse, regressed }) => {
    const percent = `${worse > 0 ? '+' : ''}${(100 * worse).toFixed(0)} %`
    return `${row(key, then.toFixed(3), now.toFixed(3), percent)}   ${regressed ? '✗ regression' : '✓'}`
  })
  return `${[row(HEADING, 'then', 'now', 'worse by'), ...lines].join('\n')}\n`
}
