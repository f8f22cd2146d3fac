import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repositoryRoot } from '@sluice/harness'
import { resultsDirectory } from '../gateway.ts'
import { UsageError } from '../options.ts'
import type { Baseline } from './baseline.ts'
import type { CallNode, CpuProfile } from './cpu-profile.ts'
import { drawFlame } from './flame.ts'
import { drawPlots } from './plot.ts'
import type { BenchResults } from './results.ts'

/** The baseline that is kept in the repository. */
export const committedBaseline = fileURLToPath(new URL('../../baseline.json', import.meta.url))

/** @throws {UsageError} when there is no such file, or it holds something else */
export async function readResults(file: string): Promise<BenchResults> {
  return readJson(file, 'the results of a run', ['startedAt', 'sections'])
}

/** @throws {UsageError} likewise */
export async function readProfile(file: string): Promise<CpuProfile> {
  return readJson(file, 'a CPU profile', ['nodes', 'samples', 'timeDeltas'])
}

async function readJson<T>(file: string, what: string, fields: readonly (keyof T & string)[]): Promise<T> {
  let value: T
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new UsageError(`${file} is not ${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  const missing = fields.find((field) => value?.[field] === undefined)
  if (missing !== undefined) throw new UsageError(`${file} is not ${what}: it has no ${missing}`)
  return value
}

/** Undefined when there is none yet. */
export async function readBaseline(file: string): Promise<Baseline | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes it as JSON, a line for each value, and makes the folder. */
export async function writeJson(file: string, value: Baseline | BenchResults): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
}

/** One file for each run; returns its path as one would type it. */
export async function keepResults(results: BenchResults): Promise<string> {
  const file = join(resultsDirectory, `${results.startedAt.replaceAll(':', '-')}.json`)
  await writeJson(file, results)
  return relative(process.cwd(), file)
}

const plotDirectory = join(repositoryRoot, 'docs/performance')

/** Puts a run into the page on performance; returns the paths as one would type them. */
export async function writePlots(results: BenchResults): Promise<string[]> {
  await writeJson(join(plotDirectory, 'results.json'), results)
  const files = [join(plotDirectory, 'results.json')]
  for (const [name, svg] of Object.entries(drawPlots(results))) files.push(await writePlot(name, svg))
  return files.map((file) => relative(process.cwd(), file))
}

/** Draws a CPU profile for that page; returns the path as one would type it. */
export async function writeFlame(title: string, profile: CallNode): Promise<string> {
  return relative(process.cwd(), await writePlot('flame.svg', drawFlame(title, profile)))
}

async function writePlot(name: string, svg: string): Promise<string> {
  await mkdir(plotDirectory, { recursive: true })
  const file = join(plotDirectory, name)
  await writeFile(file, svg)
  return file
}
