import { RE2JS } from 're2js'
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
  ['~~', (right) => search(right, 0)],
  ['~*', (right) => search(right, RE2JS.CASE_INSENSITIVE)],
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

// In time proportional to the text: one that backtracks would let a client stall the gateway with a long header.
function search(right: Json, flags: number): Comparison {
  if (typeof right !== 'string') throw new VarsError('the right side of ~~ and ~* should be a regular expression')
  const pattern = compilePattern(right, flags)
  return (left) => left !== undefined && pattern.matcher(left).find()
}

function compilePattern(source: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(source, flags)
  } catch (cause) {
    const syntax = "patterns are RE2's, without lookaround and references back"
    throw new VarsError(`invalid regular expression '${source}', ${syntax}`, { cause })
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
