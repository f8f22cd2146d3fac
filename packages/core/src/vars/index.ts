import { VarsError } from '../errors.ts'
import { isJsonObject, type Json } from '../json.ts'
import type { MatchRequest, UriParams } from '../match-request.ts'
import { createComparison, isOperator } from './comparison.ts'
import { findVariable } from './variable.ts'

/** A compiled `vars` expression: whether it holds for a request. */
export type VarsTest = (request: MatchRequest, params: UriParams) => boolean

const groups = new Map<string, (tests: readonly VarsTest[]) => VarsTest>([
  ['AND', all],
  ['OR', any],
  ['!AND', (tests) => not(all(tests))],
  ['!OR', (tests) => not(any(tests))],
])

/**
 * Compiles a `vars` expression, APISIX field `vars` (lua-resty-expr): `[[variable, operator, value], ...]` all of which must
 * hold, `[variable, "!", operator, value]`, and groups `["AND" | "OR" | "!AND" | "!OR", expression, expression, ...]`.
 *
 * @throws VarsError with APISIX's text, e.g. `invalid operator '='`, and for a regular expression that RE2 lacks
 */
export function compileVars(vars: Json): VarsTest {
  if (isEmpty(vars)) return () => true
  if (!Array.isArray(vars)) throw new VarsError('invalid expression')
  const first = vars[0]
  if (isTable(first) || (typeof first === 'string' && groups.has(first.toUpperCase()))) return compileRules(vars)
  throw new VarsError('rule should be wrapped inside brackets')
}

// The empty table of Lua is sent as either.
function isEmpty(value: Json): boolean {
  return isTable(value) && Object.keys(value).length === 0
}

function isTable(value: Json | undefined): value is readonly Json[] | { readonly [key: string]: Json } {
  return Array.isArray(value) || isJsonObject(value)
}

function compileRules(rules: Json): VarsTest {
  if (isEmpty(rules)) throw new VarsError('rule too short')
  if (!Array.isArray(rules)) throw new VarsError('invalid expression')
  const first: Json = rules[0]
  if (isTable(first)) return all(rules.map(compileRules))
  if (typeof first !== 'string') throw new VarsError('invalid expression')
  const group = groups.get(first.toUpperCase())
  if (group === undefined) return compileExpression(first, rules)
  if (rules.length <= 2) throw new VarsError('rule too short')
  return group(rules.slice(1).map(compileRules))
}

function compileExpression(name: string, expression: readonly Json[]): VarsTest {
  const negated = expression.length === 4
  if (negated && expression[1] !== '!') throw new VarsError("bad 'not' expression")
  const [operator, right] = expression.slice(negated ? 2 : 1)
  const holds = compileComparison(operator, right)
  const read = findVariable(name)
  return (request, params) => holds(read(request, params)) !== negated
}

function compileComparison(operator: Json | undefined, right: Json | undefined) {
  if (operator === undefined || operator === null) throw new VarsError('invalid expression')
  if (right === undefined && !(typeof operator === 'string' && isOperator(operator))) {
    return createComparison('==', operator)
  }
  if (typeof operator !== 'string') throw new VarsError(`invalid operator '${JSON.stringify(operator)}'`)
  return createComparison(operator, right ?? null)
}

function all(tests: readonly VarsTest[]): VarsTest {
  return (request, params) => tests.every((test) => test(request, params))
}

function any(tests: readonly VarsTest[]): VarsTest {
  return (request, params) => tests.some((test) => test(request, params))
}

function not(test: VarsTest): VarsTest {
  return (request, params) => !test(request, params)
}
