import { type Spread, spread } from './statistics.ts'

/** One thing measured, once in each repetition. */
export interface Measurement extends Spread {
  readonly name: string
  readonly unit: string
  readonly values: readonly number[]
}

/** Two measurements of one run, divided. */
export interface Ratio {
  readonly name: string
  /** Of the medians. */
  readonly value: number
  /** Of each repetition. */
  readonly values: readonly number[]
  /** Absent where the ratio only explains another. */
  readonly target?: {
    /** As is: `at least 0.35`. */
    readonly text: string
    readonly met: boolean
    /** Which way the ratio gets better. */
    readonly better: 'more' | 'less'
  }
}

/** Measurements that belong together. */
export interface Section {
  readonly title: string
  readonly measurements: readonly Measurement[]
  readonly ratios?: readonly Ratio[]
}

/** A whole run, as it is written to bench-results. */
export interface BenchResults {
  /** When it began, ISO 8601. */
  readonly startedAt: string
  readonly machine: string
  readonly repetitions: number
  readonly sections: readonly Section[]
  /** What could not be measured, and why; absent where all could. */
  readonly failures?: readonly string[]
}

/** @param values one for each repetition */
export function measurement(name: string, unit: string, values: readonly number[]): Measurement {
  return { name, unit, ...spread(values), values }
}

/** What a ratio has to be. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

/** Divides a measurement by what it may be at most. */
export function boundRatio(name: string, one: Measurement, most: number): Ratio {
  const bound = measurement(
    'bound',
    one.unit,
    one.values.map(() => most),
  )
  return ratio(name, one, bound, { atMost: 1 })
}

/** Divides the first measurement by the second. */
export function ratio(name: string, one: Measurement, other: Measurement, target?: Target): Ratio {
  const value = one.median / other.median
  const values = one.values.map((each, index) => each / (other.values[index] ?? Number.NaN))
  if (target === undefined) return { name, value, values }
  const text = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`
  const met = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
  return { name, value, values, target: { text, met, better: 'atLeast' in target ? 'more' : 'less' } }
}
