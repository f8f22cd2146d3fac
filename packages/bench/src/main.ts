// Run by scripts/bench.mjs; see helpText.
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { createCleanUp } from '@sluice/testkit'
import { measureLatencies } from './measure-latency.ts'
import { measureScans } from './measure-scan.ts'
import { measureSlowClients } from './measure-slow-clients.ts'
import { type BenchOptions, helpText, type Kind, readOptions, UsageError } from './options.ts'
import { createProgress, type Progress } from './progress.ts'
import { type BenchResults, measurement, type Section } from './report/results.ts'
import { renderTable } from './report/table.ts'
import { openStage, resultsDirectory, type Stage } from './stage.ts'

const LATENCY_RECORDS = 20_000
const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options.help) {
    process.stdout.write(helpText)
    return 0
  }
  const results = await measure(options)
  process.stdout.write(`\n${renderTable(results)}`)
  const file = await writeResults(results)
  process.stdout.write(`\nwritten to ${file}\n`)
  const missed = results.sections.some(({ ratios = [] }) => ratios.some(({ target }) => target?.met === false))
  return options.check && missed ? 1 : 0
}

async function measure(options: BenchOptions): Promise<BenchResults> {
  const startedAt = new Date().toISOString()
  const progress = createProgress(process.stderr)
  const cleanUp = createCleanUp()
  const wanted = (kind: Kind): boolean => options.only === undefined || options.only === kind
  try {
    const stage = await openStage(options, progress, cleanUp)
    const sections = [
      ...(wanted('scan') ? await scans(stage, options, progress) : []),
      ...(wanted('latency') ? await latencies(stage, options, progress) : []),
      ...(wanted('slow-clients') ? await slowClients(stage, options, progress) : []),
      ...(await memory(stage)),
    ]
    return { startedAt, machine: machine(), repetitions: options.repetitions, sections }
  } finally {
    progress.end()
    await cleanUp.run()
  }
}

async function scans(stage: Stage, options: BenchOptions, progress: Progress): Promise<Section[]> {
  const kibibytes = await stage.fill('1k', 1024, options.records, 'batches')
  const small = await stage.fill('100b', 100, 3 * options.records, 'batches')
  const plans = [
    { title: 'Scan, records of 1 KiB', topic: kibibytes, target: { atLeast: 0.35 } },
    { title: 'Scan, records of 100 B', topic: small, target: { atLeast: 0.2 } },
  ]
  return measureScans(stage, plans, options, progress)
}

async function latencies(stage: Stage, options: BenchOptions, progress: Progress): Promise<Section[]> {
  const topic = await stage.fill('single', 1024, LATENCY_RECORDS, 'single')
  return measureLatencies(stage, topic, options, progress)
}

async function slowClients(stage: Stage, options: BenchOptions, progress: Progress): Promise<Section[]> {
  const single = await stage.fill('few', 1024, LATENCY_RECORDS, 'single')
  const large = await stage.fill('large', 1024, 4 * KIBIBYTE, 'batches')
  return measureSlowClients(stage, { single, large }, options, progress)
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

/** One file for each run; returns its path as one would type it. */
async function writeResults(results: BenchResults): Promise<string> {
  await mkdir(resultsDirectory, { recursive: true })
  const file = join(resultsDirectory, `${results.startedAt.replaceAll(':', '-')}.json`)
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
  return relative(process.cwd(), file)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof UsageError ? `${error.message}\nSee --help.` : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exitCode = error instanceof UsageError ? 2 : 1
}
