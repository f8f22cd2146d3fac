import type { IncomingMessage } from 'node:http'
import { type EffectiveRoute, type RouteTable, runAccess } from '@sluice/core'
import { createContextValues, type GatewayRequest, isSluiceError, type Log, type RequestContext } from '@sluice/spi'
import { PluginFailed, RouteNotFound } from './errors.ts'
import { toMatchRequest } from './gateway-request.ts'
import type { PluginLifetimes } from './plugin-lifetimes.ts'

/** A request whose route is known and whose plugins have let it pass. */
export interface RoutedRequest {
  readonly request: GatewayRequest
  readonly route: EffectiveRoute
  readonly ctx: RequestContext
}

/**
 * Finds the route of a request and runs its plugins.
 *
 * @throws an error with an HTTP status: no route, a route that cannot be used, or what a plugin refused with
 */
export async function routeRequest(
  table: RouteTable,
  raw: IncomingMessage,
  plugins: PluginLifetimes,
  log: Log,
): Promise<RoutedRequest> {
  const matchRequest = toMatchRequest(raw)
  const match = table.match(matchRequest)
  if (match === undefined) throw new RouteNotFound()
  const { route, params } = match
  if (route.problem !== undefined) throw route.problem
  const request: GatewayRequest = { ...matchRequest, params }
  const ctx: RequestContext = { ...createContextValues(), request, route: routeName(route), log }
  plugins.use(route)
  try {
    await runAccess(route.plugins, ctx)
  } catch (error) {
    if (isSluiceError(error)) throw error
    log.error({ err: error, route: route.id }, 'a plugin failed')
    throw new PluginFailed(route.id, { cause: error })
  }
  return { request, route, ctx }
}

/** What plugins and schemes see of a route. */
export function routeName({ id, name }: EffectiveRoute): { readonly id: string; readonly name?: string } {
  return name === undefined ? { id } : { id, name }
}
