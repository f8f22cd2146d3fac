import { nearest } from '@sluice/spi'
import { type TObject, type TSchema, type TUnion, Type } from 'typebox'
import { type ConfigMap, type ConfigNode, type ConfigScalar, joinPath } from './document.ts'
import type { Problem } from './problem.ts'
import { describeType, schemaNotes } from './schema-node.ts'
import { unsupportedRemedy } from './unsupported.ts'

/** What a check found out. */
export interface CheckResult {
  /** The file's values with defaults filled in; matches the schema if there are no problems. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Line of every key of the file, by its path. */
  readonly lines: ReadonlyMap<string, number>
}

/** Checks a file against a schema; every problem is reported, not only the first. */
export function checkConfig(schema: TObject, root: ConfigNode): CheckResult {
  const checker: Checker = { problems: [], lines: new Map() }
  const value = checkNode(checker, schema, root, '')
  return { value, ...checker }
}

interface Checker {
  readonly problems: Problem[]
  readonly lines: Map<string, number>
}

function checkNode(checker: Checker, schema: TSchema, node: ConfigNode | undefined, path: string): unknown {
  if (node === undefined || isEmpty(node)) return absentValue(checker, schema, node, path)
  checker.lines.set(path, node.line)
  if (Type.IsUnion(schema)) return checkUnion(checker, schema, node, path)
  if (Type.IsObject(schema)) {
    return node.kind === 'map' ? checkMap(checker, schema, node, path) : refuse(checker, schema, node, path)
  }
  if (Type.IsArray(schema)) {
    if (node.kind !== 'list' || node.items.length < schemaNotes(schema).minItems) {
      return refuse(checker, schema, node, path)
    }
    return node.items.map((item, index) => checkNode(checker, schema.items, item, `${path}[${index}]`))
  }
  if (node.kind !== 'scalar') return refuse(checker, schema, node, path)
  const value = readScalar(schema, node)
  return value === undefined ? refuse(checker, schema, node, path) : value
}

function isEmpty(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** A key without a value, such as a section whose every line is a comment, counts as absent. */
function absentValue(checker: Checker, schema: TSchema, node: ConfigNode | undefined, path: string): unknown {
  const notes = schemaNotes(schema)
  if (notes.default !== undefined) return notes.default
  if (Type.IsObject(schema) && !path.endsWith(']')) {
    return checkMap(checker, schema, { kind: 'map', line: node?.line ?? 1, entries: [] }, path)
  }
  if (Type.IsOptional(schema)) return undefined
  report(checker, path, node?.line, `has no value${notes.hint === undefined ? '' : `; ${notes.hint}`}`)
  return undefined
}

function checkMap(checker: Checker, schema: TObject, node: ConfigMap, path: string): unknown {
  const known = Object.keys(schema.properties)
  for (const entry of node.entries) {
    if (!known.includes(entry.key)) reportUnknown(checker, entry, path, known)
  }
  const result: Record<string, unknown> = {}
  for (const [key, property] of Object.entries(schema.properties)) {
    const entry = node.entries.find((candidate) => candidate.key === key)
    // A missing key of a mapping that is there is reported on the mapping's line.
    const given = entry?.node ?? emptyAt(node.line)
    const value = checkNode(checker, property, given, joinPath(path, key))
    if (entry !== undefined) checker.lines.set(joinPath(path, key), entry.line)
    if (value !== undefined) result[key] = value
  }
  return result
}

function emptyAt(line: number): ConfigScalar {
  return { kind: 'scalar', line, value: null, variables: [] }
}

function reportUnknown(
  checker: Checker,
  entry: { readonly key: string; readonly line: number },
  path: string,
  known: readonly string[],
): void {
  const keyPath = joinPath(path, entry.key)
  const suggestion = nearest(entry.key, known)
  const remedy =
    unsupportedRemedy(keyPath) ??
    (suggestion === undefined
      ? `unknown key; remove it, or use one of ${known.join(', ')}`
      : `unknown key; did you mean ${suggestion}?`)
  report(checker, keyPath, entry.line, remedy)
}

/** The branch of the node's shape gives the error, so that a bad port in a list is named and not the whole list. */
function checkUnion(checker: Checker, schema: TUnion, node: ConfigNode, path: string): unknown {
  const branches = schema.anyOf.filter((branch) => fitsShape(branch, node))
  const number = branches.find((branch) => node.kind === 'scalar' && readScalar(branch, node) !== undefined)
  const branch = number ?? branches[0]
  return branch === undefined ? refuse(checker, schema, node, path) : checkNode(checker, branch, node, path)
}

function fitsShape(schema: TSchema, node: ConfigNode): boolean {
  if (node.kind === 'map') return Type.IsObject(schema)
  if (node.kind === 'list') return Type.IsArray(schema)
  if (Type.IsString(schema)) return typeof node.value === 'string'
  if (Type.IsEnum(schema)) return schema.enum.some((option) => typeof option === typeof node.value)
  if (Type.IsInteger(schema)) return typeof node.value === 'number' || node.variables.length > 0
  return false
}

/** The value of a scalar as the schema wants it; `undefined` where it does not fit. */
function readScalar(schema: TSchema, { value, variables }: ConfigScalar): string | number | boolean | undefined {
  const notes = schemaNotes(schema)
  if (Type.IsString(schema)) return typeof value === 'string' && value.length >= notes.minLength ? value : undefined
  if (Type.IsEnum(schema)) return schema.enum.find((option) => option === value)
  // A variable's value is a text until the schema tells what it stands for.
  const fromText = typeof value === 'string' && variables.length > 0
  if (Type.IsBoolean(schema)) {
    if (typeof value === 'boolean') return value
    return fromText && (value === 'true' || value === 'false') ? value === 'true' : undefined
  }
  const number = fromText && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || (Type.IsInteger(schema) && !Number.isSafeInteger(number))) return undefined
  const inRange = number >= (notes.minimum ?? Number.MIN_SAFE_INTEGER) && number <= (notes.maximum ?? Number.MAX_VALUE)
  return inRange ? number : undefined
}

function refuse(checker: Checker, schema: TSchema, node: ConfigNode, path: string): undefined {
  const { secret, hint } = schemaNotes(schema)
  const unquoted = Type.IsString(schema) && node.kind === 'scalar' && typeof node.value !== 'string'
  const remedy = unquoted ? '; put it in quotes' : hint === undefined ? '' : `; ${hint}`
  report(checker, path, node.line, `expected ${describeType(schema)}, got ${describeNode(node, secret)}${remedy}`)
  return undefined
}

/** Never shows what came from the environment: it may be a secret that went to the wrong key. */
function describeNode(node: ConfigNode, secret: boolean): string {
  if (node.kind === 'map') return 'a mapping'
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list'
  if (node.variables.length > 0) return `the value of the environment variable ${node.variables.join(', ')}`
  return secret ? `a value of type ${typeof node.value}` : JSON.stringify(node.value)
}

function report(checker: Checker, path: string, line: number | undefined, text: string): void {
  checker.problems.push({ path, text, ...(line !== undefined && { line }) })
}
