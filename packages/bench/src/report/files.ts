import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repositoryRoot } from '@sluice/testkit'
import { resultsDirectory } from '../gateway.ts'
import type { Baseline } from './baseline.ts'
import { drawRatios, drawUnit } from './plot.ts'
import type { BenchResults } from './results.ts'

/** The baseline that is kept in the repository. */
export const committedBaseline = fileURLToPath(new URL('../../baseline.json', import.meta.url))

/** @throws {Error} when there is no such file or it is no JSON */
export async function readResults(file: string): Promise<BenchResults> {
  return JSON.parse(await readFile(file, 'utf8'))
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

/** Draws a run for docs/performance.md; returns the paths as one would type them. */
export async function writePlots(results: BenchResults): Promise<string[]> {
  const plots = { 'ratios.svg': drawRatios(results), 'cpu.svg': drawUnit(results, 'CPU s/GB') }
  await mkdir(plotDirectory, { recursive: true })
  const files: string[] = []
  for (const [name, svg] of Object.entries(plots)) {
    const file = join(plotDirectory, name)
    await writeFile(file, svg)
    files.push(relative(process.cwd(), file))
  }
  return files
}
