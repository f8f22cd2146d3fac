// Who may import whom. Fails when a package reaches for one that its row below does not list, when packages or files import
// each other in a circle, or when a file names a place that only exists on one machine.
import { globSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix } from 'node:path'

/** For each package of the workspace, without `@sluice/`: the packages its sources may import, a subpath where only that may be. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  spi: [],
  core: ['spi'],
  'store-etcd': ['core', 'spi'],
  'store-file': ['core', 'spi'],
  'store-sqlite': ['core', 'spi'],
  pubsub: ['spi'],
  'kafka-wire': [],
  'scheme-kafka': ['spi', 'pubsub', 'kafka-wire'],
  'scheme-echo': ['spi'],
  'scheme-memory': ['spi', 'pubsub'],
  'plugin-kafka-proxy': ['spi', 'scheme-kafka/context'],
  'plugin-key-auth': ['spi'],
  'admin-api': ['core', 'spi'],
  server: ['core', 'spi'],
  // The only one that names concrete schemes, plugins and stores.
  gateway: [
    'admin-api',
    'core',
    'plugin-kafka-proxy',
    'plugin-key-auth',
    'pubsub',
    'scheme-echo',
    'scheme-kafka',
    'scheme-memory',
    'server',
    'spi',
    'store-etcd',
    'store-file',
    'store-sqlite',
  ],
  'create-sluice': [],
  'create-sluice-scheme': [],
  'create-sluice-plugin': [],
  testkit: ['core', 'server', 'spi'],
  harness: ['testkit'],
  bench: ['harness', 'kafka-wire', 'spi', 'store-sqlite'],
  demo: ['gateway', 'harness'],
}

/** Only for these may tests and sources use them at will: nothing that ships depends on them. */
const FOR_TESTS = ['testkit', 'harness', 'bench']

const SCOPE = '@sluice/'

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

interface Import {
  readonly specifier: string
  /** Erased before the code runs. */
  readonly typeOnly: boolean
}

const STATEMENT =
  /^[ \t]*(import|export)\b(\s+type\b)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** Every module that a source names, apart from those in comments. */
export function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^[ \t]*\/\/.*$/gm, '')
  const statements = [...code.matchAll(STATEMENT)].map((match) => ({
    specifier: match[3] ?? match[4] ?? '',
    typeOnly: match[2] !== undefined,
  }))
  const dynamic = [...code.matchAll(DYNAMIC)].map((match) => ({ specifier: match[1] ?? '', typeOnly: false }))
  return [...statements, ...dynamic]
}

/** What is wrong with how packages import each other; `files` are manifests and sources. */
export function findViolations(files: readonly SourceFile[], allowed = ALLOWED): string[] {
  const manifests = files.filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path))
  const sources = files.filter(({ path }) => /^packages\/[^/]+\/src\/.+\.ts$/.test(path))
  return [
    ...manifests.flatMap((file) => manifestViolations(file, allowed)),
    ...sources.flatMap((file) => importViolations(file, allowed)),
    ...cycles(allowedGraph(allowed)).map(
      (cycle) => `packages may import each other in a circle: ${cycle.join(' -> ')}`,
    ),
    ...cycles(fileGraph(sources)).map((cycle) => `files import each other in a circle: ${cycle.join(' -> ')}`),
  ]
}

const packageOf = (path: string): string => path.split('/')[1] ?? ''
const withoutSubpath = (name: string): string => name.split('/')[0] ?? ''

function manifestViolations({ path, text }: SourceFile, allowed: typeof ALLOWED): string[] {
  const name = packageOf(path)
  const row = allowed[name]
  if (!row) return [`${path}: package ${name} has no row in scripts/checks/boundaries.ts`]
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(text)
  const named = (field: string) =>
    Object.keys(manifest[field] ?? {})
      .filter((each) => each.startsWith(SCOPE))
      .map((each) => each.slice(SCOPE.length))
  const may = row.map(withoutSubpath)
  return [
    ...[...named('dependencies'), ...named('peerDependencies')]
      .filter((each) => !may.includes(each))
      .map((each) => `${path}: ${name} may not depend on ${SCOPE}${each}`),
    ...named('devDependencies')
      .filter((each) => !may.includes(each) && !FOR_TESTS.includes(each))
      .map((each) => `${path}: ${name} may not depend on ${SCOPE}${each}, not for its tests either`),
  ]
}

function importViolations({ path, text }: SourceFile, allowed: typeof ALLOWED): string[] {
  const name = packageOf(path)
  const row = allowed[name] ?? []
  return importsOf(text).flatMap(({ specifier }) => {
    if (specifier.startsWith('.')) {
      const inside = posix.normalize(posix.join(posix.dirname(path), specifier)).startsWith(`packages/${name}/`)
      return inside ? [] : [`${path}: ${specifier} reaches out of the package`]
    }
    if (!specifier.startsWith(SCOPE)) return []
    const target = specifier.slice(SCOPE.length)
    if (/\/(src|dist)(\/|$)/.test(target)) return [`${path}: ${specifier} reaches into another package's files`]
    const fits = row.includes(target) || row.includes(withoutSubpath(target))
    return fits ? [] : [`${path}: ${name} may not import ${specifier}`]
  })
}

type Graph = ReadonlyMap<string, readonly string[]>

const allowedGraph = (allowed: typeof ALLOWED): Graph =>
  new Map(Object.entries(allowed).map(([name, row]) => [name, row.map(withoutSubpath)]))

/** Imports between files as they are when the code runs. */
function fileGraph(sources: readonly SourceFile[]): Graph {
  return new Map(
    sources.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
    ]),
  )
}

/** Each way back to where a walk came from, found once. */
export function cycles(graph: Graph): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const walk = (node: string, trail: readonly string[]) => {
    const at = trail.indexOf(node)
    if (at >= 0) return void found.push([...trail.slice(at), node])
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...trail, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}

// Written in parts, so that this file does not contain what it looks for.
const FORBIDDEN = [
  ['registry.npm', 'js.org'],
  ['registry.yarn', 'pkg.com'],
  ['repo1.maven', '.org'],
  ['repo.maven', '.apache.org'],
  ['deb.debian', '.org'],
  ['proxy.golang', '.org'],
  ['files.python', 'hosted.org'],
  ['pypi', '.org'],
  ['/ho', 'me/'],
  ['/Use', 'rs/'],
  ['/ro', 'ot/'],
].map((parts) => parts.join(''))

/** Lines that name a folder of one machine or the host of a registry. */
export function findMachineNames(files: readonly SourceFile[], machineFolders: readonly string[]): string[] {
  const forbidden = [...FORBIDDEN, ...machineFolders.filter((folder) => folder.length > 1)]
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const hit = forbidden.find((name) => names(line, name))
      return hit ? [`${path}:${index + 1}: names ${hit}, which is not the same on every machine`] : []
    }),
  )
}

/** A folder counts where a path begins, not in the middle of `packages/home/`. */
function names(line: string, name: string): boolean {
  const at = line.indexOf(name)
  return at >= 0 && (!name.startsWith('/') || !/[\w.}*-]/.test(line[at - 1] ?? ''))
}

/** Schemes and plugins that do not run the contract which those of others have to pass. */
export function findWithoutContract(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path }) => {
    const [, name, kind] = /^packages\/((scheme|plugin)-[^/]+)\/package\.json$/.exec(path) ?? []
    if (name === undefined) return []
    const test = files.find((file) => file.path === `packages/${name}/test/contract.test.ts`)
    return test?.text.includes(`${kind}Contract(`) === true
      ? []
      : [`${name}: test/contract.test.ts has to run ${kind}Contract`]
  })
}

const SKIPPED = /(^|\/)(node_modules|dist|\.git|\.sluice|coverage|bench-results)(\/|$)/
const BINARY = /\.(png|jpg|gif|ico|woff2?|p12|bin|gz|zst|lz4|snappy)$/

function readRepository(root: string): SourceFile[] {
  return globSync('**/*', { cwd: root, exclude: (path) => SKIPPED.test(path) })
    .concat(globSync('.*/**/*', { cwd: root, exclude: (path) => SKIPPED.test(path) }))
    .filter((path) => !SKIPPED.test(path) && !BINARY.test(path) && statSync(join(root, path)).isFile())
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }))
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..')
  const files = readRepository(root)
  const self = 'scripts/test/boundaries.test.ts'
  const named = files.filter(({ path }) => path !== self)
  const violations = [
    ...findViolations(files),
    ...findWithoutContract(files),
    ...findMachineNames(named, [`${root}/`, `${homedir()}/`]),
  ]
  for (const violation of violations) console.error(violation)
  if (files.length < 50) console.error(`only ${files.length} files were found: the check does not look where it should`)
  process.exitCode = violations.length > 0 || files.length < 50 ? 1 : 0
}
