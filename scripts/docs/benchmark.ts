import { drawPlots } from '../../packages/bench/src/report/plot.ts'
import type { BenchResults } from '../../packages/bench/src/report/results.ts'
import { renderTable } from '../../packages/bench/src/report/table.ts'
import { targetsTable } from '../../packages/bench/src/report/targets.ts'
import { readText } from './markdown.ts'

/** What the page on performance shows of the run that is kept beside it. */
export interface BenchmarkPage {
  /** Generated parts, by name. */
  readonly parts: Readonly<Record<string, () => string>>
  /** Pictures, by path. */
  readonly pictures: ReadonlyMap<string, string>
}

const folder = 'docs/performance'

export function benchmarkPage(): BenchmarkPage {
  const results: BenchResults = JSON.parse(readText(`${folder}/results.json`))
  return {
    parts: {
      'benchmark targets': () => targetsTable(results),
      'benchmark run': () => `\`\`\`text\n${renderTable(results).trim()}\n\`\`\``,
    },
    pictures: new Map(Object.entries(drawPlots(results)).map(([name, svg]) => [`${folder}/${name}`, svg])),
  }
}
