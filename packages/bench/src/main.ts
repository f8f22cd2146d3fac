// Run by scripts/bench.mjs; see helpText.
import { cpus } from 'node:os'
import { createCleanUp } from '@sluice/testkit'
import { measureEndpoint } from './measure-endpoint.ts'
import { type BenchOptions, helpText, kinds, readOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { baselineOf, compareWithBaseline, renderComparisons } from './report/baseline.ts'
import { committedBaseline, keepResults, readBaseline, readResults, writeJson, writePlots } from './report/files.ts'
import { type BenchResults, measurement, type Section } from './report/results.ts'
import { renderTable } from './report/table.ts'
import { openStage, type Stage } from './stage.ts'
import { workloads } from './workloads.ts'

const MEBIBYTE = 1024 * 1024

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options.help) {
    process.stdout.write(helpText)
    return 0
  }
  const { plotFile, resultsFile } = options
  if (plotFile !== undefined) {
    for (const file of await writePlots(await readResults(plotFile))) process.stdout.write(`written to ${file}\n`)
    return 0
  }
  const results = resultsFile === undefined ? await measureAndKeep(options) : await readResults(resultsFile)
  const passes = await compare(results, options)
  return passes ? 0 : 1
}

async function measureAndKeep(options: BenchOptions): Promise<BenchResults> {
  const results = await measure(options)
  process.stdout.write(`\n${renderTable(results)}`)
  process.stdout.write(`\nwritten to ${await keepResults(results)}\n`)
  if (options.jsonFile !== undefined) await writeJson(options.jsonFile, results)
  return results
}

/** Whether nothing is much worse than the baseline, where that is asked. */
async function compare(results: BenchResults, options: BenchOptions): Promise<boolean> {
  const { check, writeBaseline, baselineFile = committedBaseline } = options
  if (!check && !writeBaseline) return true
  const baseline = await readBaseline(baselineFile)
  if (check && baseline === undefined)
    throw new UsageError(`${baselineFile} is not there: make it with --write-baseline`)
  const comparisons = check && baseline ? compareWithBaseline(results, baseline) : []
  if (check) process.stdout.write(`\n${renderComparisons(comparisons)}`)
  if (writeBaseline) await writeJson(baselineFile, baselineOf(results, baseline))
  return !comparisons.some(({ regressed }) => regressed)
}

async function measure(options: BenchOptions): Promise<BenchResults> {
  const startedAt = new Date().toISOString()
  const progress = createProgress(process.stderr)
  const cleanUp = createCleanUp()
  try {
    const { endpoint, repetitions } = options
    if (endpoint !== undefined) {
      return {
        startedAt,
        machine: machine(),
        repetitions,
        sections: await measureEndpoint(endpoint, options, progress),
      }
    }
    const stage = await openStage(options, progress, cleanUp)
    const sections: Section[] = []
    for (const kind of kinds) {
      if (options.only === undefined || options.only === kind) {
        sections.push(...(await workloads[kind](stage, options, progress)))
        // What was measured outlives a kind that fails.
        await keepResults({ startedAt, machine: machine(), repetitions, sections })
      }
    }
    sections.push(...(await memory(stage)))
    return { startedAt, machine: machine(), repetitions, sections }
  } finally {
    progress.end()
    await cleanUp.run()
  }
}

async function memory({ usage }: Stage): Promise<Section[]> {
  if (usage === undefined) return []
  const { residentBytes } = await usage()
  return [{ title: 'Gateway afterwards', measurements: [measurement('resident', 'MiB', [residentBytes / MEBIBYTE])] }]
}

function machine(): string {
  const all = cpus()
  return `Node ${process.versions.node}, ${all.length} × ${all[0]?.model.trim() ?? process.arch}`
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof UsageError ? `${error.message}\nSee --help.` : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exitCode = error instanceof UsageError ? 2 : 1
}
