import type { IncomingMessage } from 'node:http'
import { type EffectiveRoute, type PipelinePlugin, type RouteTable, runAccess } from '@sluice/core'
import { createContextValues, type GatewayRequest, isSluiceError, type Log, type RequestContext } from '@sluice/spi'
import { GlobalRuleFailed, PluginFailed, RouteNotFound } from './errors.ts'
import { toMatchRequest } from './gateway-request.ts'
import type { PluginLifetimes } from './plugin-lifetimes.ts'

/** A request whose route is known and whose plugins have let it pass. */
export interface RoutedRequest {
  readonly request: GatewayRequest
  readonly route: EffectiveRoute
  readonly ctx: RequestContext
}

/**
 * Finds the route of a request and runs the plugins of the global rules, which see those without a route too, and then its
 * own.
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
  const request: GatewayRequest = { ...matchRequest, params: match?.params ?? {} }
  const route = match?.route
  const ctx: RequestContext = { ...createContextValues(), request, ...(route && { route: routeName(route) }), log }
  // At once: the configuration may change while plugins run.
  if (route !== undefined) plugins.use(route)
  await runPlugins(table.globalPlugins, ctx, (options) => new GlobalRuleFailed(options))
  if (route === undefined) throw new RouteNotFound()
  if (route.problem !== undefined) throw route.problem
  await runPlugins(route.plugins, ctx, (options) => new PluginFailed(route.id, options))
  return { request, route, ctx }
}

async function runPlugins(
  plugins: readonly PipelinePlugin[],
  ctx: RequestContext,
  failed: (options: ErrorOptions) => Error,
): Promise<void> {
  try {
    await runAccess(plugins, ctx)
  } catch (error) {
    if (isSluiceError(error)) throw error
    ctx.log.error({ err: error, route: ctx.route?.id }, 'a plugin failed')
    throw failed({ cause: error })
  }
}

/** What plugins and schemes see of a route. */
export function routeName({ id, name }: EffectiveRoute): { readonly id: string; readonly name?: string } {
  return name === undefined ? { id } : { id, name }
}
