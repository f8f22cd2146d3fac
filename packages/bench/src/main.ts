// Run by scripts/bench.mjs; see helpText.
import { cpus } from 'node:os'
import { createCleanUp } from '@sluice/harness'
import { measureEndpoint } from './measure-endpoint.ts'
import { type BenchOptions, helpText, kinds, readOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { baselineOf, compareWithBaseline, renderComparisons } from './report/baseline.ts'
import { callTree } from './report/cpu-profile.ts'
import {
  committedBaseline,
  keepResults,
  readBaseline,
  readProfile,
  readResults,
  writeFlame,
  writeJson,
  writePlots,
} from './report/files.ts'
import { type BenchResults, measurement, type Section } from './report/results.ts'
import { renderSelfTimes } from './report/self-times.ts'
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
  const { flameFile, plotFile, resultsFile } = options
  if (flameFile !== undefined) {
    const calls = callTree(await readProfile(flameFile))
    const file = await writeFlame('Where the busy time of the gateway goes', calls)
    process.stdout.write(`${renderSelfTimes(calls)}\nwritten to ${file}\n`)
    return 0
  }
  if (plotFile !== undefined) {
    for (const file of await writePlots(await readResults(plotFile))) process.stdout.write(`written to ${file}\n`)
    return 0
  }
  const results = resultsFile === undefined ? await measureAndKeep(options) : await readResults(resultsFile)
  const passes = await compare(results, options)
  return passes && results.failures === undefined ? 0 : 1
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
  const stopListening = onInterrupt(() => cleanUp.run())
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
    const failures: string[] = []
    for (const kind of kinds) {
      if (options.only !== undefined && options.only !== kind) continue
      try {
        sections.push(...(await workloads[kind](stage, options, progress)))
      } catch (error) {
        // The others can still be measured.
        failures.push(`${kind}: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
        progress.show(failures.at(-1) ?? kind)
      }
      await keepResults({ startedAt, machine: machine(), repetitions, sections })
    }
    sections.push(...(await memory(stage)))
    return { startedAt, machine: machine(), repetitions, sections, ...(failures.length > 0 && { failures }) }
  } finally {
    stopListening()
    progress.end()
    await cleanUp.run()
  }
}

/** Frees what is open before a signal ends this process; returns what takes that back. */
function onInterrupt(free: () => Promise<void>): () => void {
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const listener = (): void => {
      process.stderr.write(`\n${signal}: stopping what was started\n`)
      void free().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
    }
    process.once(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const remove of listeners) remove()
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
