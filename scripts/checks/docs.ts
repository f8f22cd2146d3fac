/**
 * Whether the documentation is true to the sources: generated parts, links, remedies of errors, marks of examples, and the
 * code made from `proto/`. Names what differs and exits with 1; `--write` makes the generated parts anew.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configReference } from '../../packages/gateway/src/config/reference.ts'
import kafkaProxy from '../../packages/plugin-kafka-proxy/src/index.ts'
import keyAuth from '../../packages/plugin-key-auth/src/index.ts'
import { EchoOptions } from '../../packages/scheme-echo/src/options.ts'
import { KafkaOptions } from '../../packages/scheme-kafka/src/options.ts'
import { MemoryOptions } from '../../packages/scheme-memory/src/options.ts'
import { benchmarkPage } from '../docs/benchmark.ts'
import { readCatalogue } from '../docs/error-catalogue.ts'
import { ambiguousCodes, errorSections, remedyProblems } from '../docs/errors-page.ts'
import { repeatedHeadings } from '../docs/headings.ts'
import { brokenLinks } from '../docs/links.ts'
import { markdownFiles, readText, root } from '../docs/markdown.ts'
import { markProblems } from '../docs/marks.ts'
import { metricsTable } from '../docs/metrics-table.ts'
import { missingOperations } from '../docs/operations-page.ts'
import { schemaTable } from '../docs/schema-table.ts'
import { renderSections, sectionNames } from '../docs/sections.ts'

const write = process.argv.includes('--write')
const problems: string[] = []

const catalogue = await readCatalogue()
const benchmark = benchmarkPage()
const renderers = {
  ...errorSections(catalogue),
  configuration: configReference,
  'echo options': () => schemaTable(EchoOptions),
  'kafka options': () => schemaTable(KafkaOptions),
  'memory options': () => schemaTable(MemoryOptions),
  'kafka-proxy attributes': () => schemaTable(kafkaProxy.config),
  'key-auth attributes': () => schemaTable(keyAuth.config),
  'key-auth of consumers': () => (keyAuth.consumer ? schemaTable(keyAuth.consumer.config) : ''),
  metrics: metricsTable,
  ...benchmark.parts,
}

function compare(file: string, expected: string): void {
  const path = join(root, file)
  if (existsSync(path) && readFileSync(path, 'utf8') === expected) return
  if (!write) {
    problems.push(`${file} is out of date: run node scripts/checks/docs.ts --write on Node 24`)
    return
  }
  writeFileSync(path, expected)
  console.log(`wrote ${file}`)
}

const used = new Set<string>()
for (const file of markdownFiles()) {
  const text = readText(file)
  for (const name of sectionNames(text)) used.add(name)
  compare(file, renderSections(text, renderers))
}
for (const name of Object.keys(renderers)) {
  if (!used.has(name)) problems.push(`no page has the generated part "${name}"`)
}

for (const [file, svg] of benchmark.pictures) compare(file, svg)

try {
  const modules = join(root, 'scripts/proto.ts')
  execFileSync(process.execPath, write ? [modules] : [modules, '--check'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error))
}

problems.push(...ambiguousCodes(catalogue), ...remedyProblems(catalogue))
problems.push(...brokenLinks(), ...markProblems(), ...repeatedHeadings(), ...missingOperations())
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
