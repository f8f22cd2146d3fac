import type { ItemFault, Json } from '@sluice/core'
import { LineCounter, parseDocument } from 'yaml'

/** A file of YAML (or JSON), and where its items stand. */
export interface ParsedConfiguration {
  readonly document: Json
  /** A fault with the place and line of its item: `routes[2] (id 7, line 40): ...`. */
  describe(fault: ItemFault): string
}

// A few names for what stands in many routes; more would be a bomb.
const maxAliasCount = 1000

/**
 * Reads the text of a configuration file, with merge keys (`<<`). An empty one is an empty configuration.
 *
 * @throws Error whose message says what is wrong, and in which line
 */
export function parseConfiguration(text: string): ParsedConfiguration {
  const lines = new LineCounter()
  const lineOf = (offset: number): number => lines.linePos(offset).line
  const source = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [error] = source.errors
  if (error !== undefined) throw new Error(`line ${lineOf(error.pos[0])} is not valid YAML: ${error.message}`)
  // Through JSON, which is what the Admin API takes: no dates, no infinite numbers.
  const document: Json = JSON.parse(JSON.stringify(source.toJS({ maxAliasCount }) ?? {}))
  return {
    document,
    describe({ collection, index, givenId, error: why }) {
      const node: unknown = source.getIn([collection, index], true)
      const start = startOf(node)
      const about = [
        ...(givenId === undefined ? [] : [`id ${JSON.stringify(givenId)}`]),
        ...(start === undefined ? [] : [`line ${lineOf(start)}`]),
      ]
      return `${collection}[${index}]${about.length === 0 ? '' : ` (${about.join(', ')})`}: ${why}`
    },
  }
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined
  const [start]: unknown[] = node.range
  return typeof start === 'number' ? start : undefined
}

/** Whether the last line says that the file is whole, as APISIX's files have it. */
export function endsWithMark(text: string): boolean {
  return /(^|\n)#END\s*$/.test(text)
}
