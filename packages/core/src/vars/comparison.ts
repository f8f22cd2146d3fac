import { createAddressMatcher, isAddressRange } from '../address-matcher.ts'
import { VarsError } from '../errors.ts'
import type { Json } from '../json.ts'

/** Compares the value of a variable with the right side that the comparison was made for. */
type Comparison = (left: string | undefined) => boolean

const operators = new Map<string, (right: Json) => Comparison>([
  ['==', equals],
  ['~=', (right) => not(equals(right))],
  ['>', (right) => asNumbers(right, (a, b) => a > b)],
  ['>=', (right) => asNumbers(right, (a, b) => a >= b)],
  ['<', (right) => asNumbers(right, (a, b) => a < b)],
  ['<=', (right) => asNumbers(right, (a, b) => a <= b)],
  ['~~', (right) => search(right, '')],
  ['~*', (right) => search(right, 'i')],
  ['in', (right) => (left) => left !== undefined && Array.isArray(right) && right.includes(left)],
  // Holds for lists only, and no variable that is known before the body is read is one.
  ['has', () => () => false],
  ['ipmatch', ipMatch],
])

/** Whether a name, in any case, is an operator. */
export function isOperator(name: string): boolean {
  return operators.has(name.toLowerCase())
}

/**
 * Makes the comparison of an operator and its right side.
 *
 * @throws VarsError where the operator is unknown or the right side cannot be its operand
 */
export function createComparison(operator: string, right: Json): Comparison {
  const create = operators.get(operator.toLowerCase())
  if (create === undefined) throw new VarsError(`invalid operator '${operator.toLowerCase()}'`)
  return create(right)
}

function not(comparison: Comparison): Comparison {
  return (left) => !comparison(left)
}

function equals(right: Json): Comparison {
  if (right === null) return (left) => left === undefined
  if (typeof right === 'number') return (left) => toNumber(left) === right
  return (left) => left === right
}

function asNumbers(right: Json, holds: (a: number, b: number) => boolean): Comparison {
  const limit = typeof right === 'number' ? right : typeof right === 'string' ? toNumber(right) : undefined
  return (left) => {
    const value = toNumber(left)
    return value !== undefined && limit !== undefined && holds(value, limit)
  }
}

const numeric = /^\s*(?:0x[\da-f]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*$/i

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && numeric.test(text) ? Number(text) : undefined
}

// PCRE takes options at the start of a pattern, JavaScript beside it.
const inlineFlags = /^\(\?([ims]+)\)/

// The pattern is the operator's own: one that backtracks for long stalls the gateway, as it would stall APISIX.
function search(right: Json, flags: string): Comparison {
  if (typeof right !== 'string') throw new VarsError('the right side of ~~ and ~* should be a regular expression')
  const inline = inlineFlags.exec(right)?.[1] ?? ''
  const pattern = compilePattern(right.replace(inlineFlags, ''), [...new Set(flags + inline)].join(''))
  return (left) => left !== undefined && pattern.test(left)
}

function compilePattern(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    throw new VarsError(`invalid regular expression '${source}', patterns are JavaScript's`, { cause })
  }
}

function ipMatch(right: Json): Comparison {
  const ranges = Array.isArray(right) ? right : [right]
  if (ranges.length === 0) throw new VarsError('invalid ip address')
  const matches = createAddressMatcher(ranges.map(checkedRange))
  return (left) => left !== undefined && matches(left)
}

function checkedRange(range: Json): string {
  if (typeof range !== 'string' || range === '') throw new VarsError('invalid ip address')
  if (!isAddressRange(range)) throw new VarsError(`invalid ip address: ${range}`)
  return range
}
