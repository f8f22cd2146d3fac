import { createAddressMatcher } from './address-matcher.ts'
import type { ConfigEntry } from './config-store.ts'
import type { JsonObject } from './json.ts'
import { numberOf, stringsOf } from './json-fields.ts'
import { parseUri, type UriPattern } from './uri-pattern.ts'
import { compileVars, type VarsTest } from './vars/index.ts'

/** One uri of a route, with the route's other conditions. */
export interface RouteRule {
  readonly routeId: string
  readonly uri: UriPattern
  readonly priority: number
  readonly createdIndex: number
  /** Methods, addresses and vars; all must hold. */
  readonly conditions: readonly VarsTest[]
}

/**
 * Makes the rules of a route, one for each of its uris.
 *
 * @throws VarsError where `vars` cannot be compiled
 */
export function createRules(routeId: string, { value, createdIndex }: ConfigEntry): readonly RouteRule[] {
  const conditions = createConditions(value)
  const priority = numberOf(value.priority) ?? 0
  const uris = new Set(stringsOf(value.uri) ?? stringsOf(value.uris) ?? [])
  return Array.from(uris, (uri) => ({ routeId, uri: parseUri(uri), priority, createdIndex, conditions }))
}

/**
 * The order in which rules of equally specific uris are tried: higher priority, then the longer uri, then the older route,
 * then the lesser id.
 */
export function compareRules(a: RouteRule, b: RouteRule): number {
  return (
    b.priority - a.priority ||
    b.uri.length - a.uri.length ||
    a.createdIndex - b.createdIndex ||
    (a.routeId < b.routeId ? -1 : a.routeId > b.routeId ? 1 : 0)
  )
}

function createConditions(route: JsonObject): readonly VarsTest[] {
  const conditions: VarsTest[] = []
  const methods = stringsOf(route.methods) ?? []
  if (methods.length > 0) conditions.push((request) => methods.includes(request.method))
  const ranges = stringsOf(route.remote_addr) ?? stringsOf(route.remote_addrs)
  if (ranges !== undefined) {
    const matches = createAddressMatcher(ranges)
    conditions.push((request) => matches(request.remoteAddress))
  }
  if (route.vars !== undefined) conditions.push(compileVars(route.vars))
  return conditions
}
