import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'
import { type Environment, substitute } from './environment.ts'
import type { Problem } from './problem.ts'

/** A value of the file with the line it starts on. */
export type ConfigNode = ConfigMap | ConfigList | ConfigScalar

export interface ConfigMap {
  readonly kind: 'map'
  readonly line: number
  readonly entries: readonly { readonly key: string; readonly line: number; readonly node: ConfigNode }[]
}

interface ConfigList {
  readonly kind: 'list'
  readonly line: number
  readonly items: readonly ConfigNode[]
}

export interface ConfigScalar {
  readonly kind: 'scalar'
  readonly line: number
  readonly value: string | number | boolean | null
  /** Environment variables that were put into the value. */
  readonly variables: readonly string[]
}

/** Parses YAML and puts environment variables in; problems are added to `problems`. */
export function parseConfigDocument(text: string, environment: Environment, problems: Problem[]): ConfigNode {
  const lines = new LineCounter()
  const lineOf = (offset: number) => lines.linePos(offset).line
  // Duplicate keys are found below, where their names are known.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  // Those after the first mostly come of it.
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const line = lineOf(error.pos[0])
    const hasVariable = text.split('\n')[line - 1]?.includes(variableStart)
    const remedy = hasVariable ? `; between braces or brackets, write "${variableStart}NAME}}" in quotes` : ''
    problems.push({ path: '', line, text: `not valid YAML: ${error.message}${remedy}` })
  }
  if (problems.length > 0 || document.contents === null) return absent
  const resolveAlias = (node: Node) => (isAlias(node) ? node.resolve(document) : node)
  return createReader({ environment, problems, lineOf, resolveAlias })(document.contents, '', 1)
}

const variableStart = `\${{`

const absent: ConfigScalar = { kind: 'scalar', line: 1, value: null, variables: [] }

interface ReaderContext {
  readonly environment: Environment
  readonly problems: Problem[]
  readonly lineOf: (offset: number) => number
  readonly resolveAlias: (node: Node) => Node | undefined
}

type Reader = (node: Node | ParsedNode | null, path: string, line: number, depth?: number) => ConfigNode

// The deepest key has 5 levels; the bound ends an alias that holds itself.
const maxDepth = 32

function createReader({ environment, problems, lineOf, resolveAlias }: ReaderContext): Reader {
  const read: Reader = (source, path, parentLine, depth = 0) => {
    const node = source === null ? undefined : resolveAlias(source)
    if (source === null || node === undefined) return { ...absent, line: parentLine }
    const line = source.range ? lineOf(source.range[0]) : parentLine
    if (depth > maxDepth) {
      problems.push({ path, line, text: `nested deeper than ${maxDepth} levels; remove the inner ones` })
      return { ...absent, line }
    }
    if (isMap<Node, Node | null>(node))
      return { kind: 'map', line, entries: readEntries(node.items, path, line, depth) }
    if (isSeq<Node | null>(node)) {
      return { kind: 'list', line, items: node.items.map((item, i) => read(item, `${path}[${i}]`, line, depth + 1)) }
    }
    return readScalar(isScalar(node) ? node.value : null, path, line)
  }

  const readEntries = (
    pairs: readonly { readonly key: Node; readonly value: Node | null }[],
    path: string,
    mapLine: number,
    depth: number,
  ) => {
    const seen = new Map<string, number>()
    return pairs.map((pair) => {
      const key = isScalar(pair.key) ? String(pair.key.value) : '?'
      const line = pair.key.range ? lineOf(pair.key.range[0]) : mapLine
      const keyPath = joinPath(path, key)
      const first = seen.get(key)
      if (first !== undefined) {
        problems.push({ path: keyPath, line, text: `is there twice, first on line ${first}; remove one of them` })
      }
      seen.set(key, first ?? line)
      return { key, line, node: read(pair.value, keyPath, line, depth + 1) }
    })
  }

  const readScalar = (value: unknown, path: string, line: number): ConfigScalar => {
    if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'scalar', line, value, variables: [] }
    if (value === null || value === undefined) return { ...absent, line }
    const { text, variables, missing } = substitute(String(value), environment)
    for (const name of missing) {
      const text = `the environment variable ${name} is not set; set it or give a default: ${variableStart}${name}:=value}}`
      problems.push({ path, line, text })
    }
    return { kind: 'scalar', line, value: missing.length > 0 ? null : text, variables }
  }

  return read
}

/** Adds a key to a dotted path. */
export function joinPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
