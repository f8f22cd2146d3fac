import type { BenchResults } from './results.ts'
import { spread } from './statistics.ts'

/** Each ratio that has a target as a row of a Markdown table, with the least and the largest of a repetition. */
export function targetsTable({ sections }: BenchResults): string {
  const rows = sections.flatMap(({ title, ratios = [] }) =>
    ratios.flatMap(({ name, target, value, values }) => {
      if (target === undefined) return []
      const { min, max } = spread(values)
      const measured = `${digits(value)} (${digits(min)} to ${digits(max)})`
      return [`| ${title} | ${name} | ${target.text} | ${measured} | ${target.met ? 'yes' : '**no**'} |`]
    }),
  )
  return ['| Measurement | Ratio | Target | Measured | Met |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2))
