import type { IncomingMessage } from 'node:http'
import {
  type ConsumerIdentity,
  ConsumerUnusableError,
  type EffectiveRoute,
  mergeLayers,
  type PipelinePlugin,
  PluginRefusal,
  type RouteTable,
  runAccess,
  runAuthenticate,
} from '@sluice/core'
import {
  type Consumer,
  createContextValues,
  type GatewayRequest,
  isSluiceError,
  type Log,
  type RequestContext,
} from '@sluice/spi'
import { ConsumerGone, GlobalRuleFailed, PluginFailed, RouteNotFound } from './errors.ts'
import { toMatchRequest } from './gateway-request.ts'
import type { PluginLifetimes } from './plugin-lifetimes.ts'

/** A request whose route is known and whose plugins have let it pass. */
export interface RoutedRequest {
  readonly request: GatewayRequest
  readonly route: EffectiveRoute
  readonly ctx: RequestContext
  /** Absent where no plugin of authentication is at work. */
  readonly identity?: ConsumerIdentity
}

/**
 * Finds the route of a request and runs the plugins of the global rules, which see those without a route too, and then its
 * own: first those that tell who asks, and then the others, among them those that the consumer and its group bring.
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
  const anonymous: RequestContext = {
    ...createContextValues(),
    request,
    ...(route && { route: routeName(route) }),
    log,
  }
  // At once: the configuration may change while plugins run.
  if (route !== undefined) plugins.use(route)
  const globalFailed: Failed = (options) => new GlobalRuleFailed(options)
  const { globalPlugins } = table
  const byRule = await checked(anonymous, globalFailed, () => authenticate(table, globalPlugins, anonymous))
  const ofRules = byRule === undefined ? anonymous : { ...anonymous, consumer: byRule }
  await checked(ofRules, globalFailed, () => runAccess(globalPlugins, ofRules))
  if (route === undefined) throw new RouteNotFound()
  if (route.problem !== undefined) throw route.problem
  const failed: Failed = (options) => new PluginFailed(route.id, options)
  const consumer = (await checked(ofRules, failed, () => authenticate(table, route.plugins, ofRules))) ?? byRule
  const identity = consumer && identify(table, consumer)
  if (identity === undefined) {
    await checked(anonymous, failed, () => runAccess(route.plugins, anonymous))
    return { request, route, ctx: anonymous }
  }
  plugins.useLayers(identity.layers)
  const ctx: RequestContext = { ...anonymous, consumer: identity.consumer }
  await checked(ctx, failed, () => runAccess(mergeLayers(route.plugins, identity.layers), ctx))
  return { request, route, ctx, identity }
}

function authenticate(
  table: RouteTable,
  plugins: readonly PipelinePlugin[],
  ctx: RequestContext,
): Promise<Consumer | undefined> {
  return runAuthenticate(plugins, ctx, (plugin) => table.consumers.for(plugin))
}

/** @throws CONSUMER_GONE, CONSUMER_UNUSABLE, CONSUMER_GROUP_MISSING */
function identify(table: RouteTable, consumer: Consumer): ConsumerIdentity {
  try {
    const identity = table.consumers.identify(consumer)
    if (identity === undefined) throw new ConsumerGone(consumer.username)
    return identity
  } catch (cause) {
    if (isSluiceError(cause)) throw cause
    throw new ConsumerUnusableError(consumer.username, cause instanceof Error ? cause.message : String(cause), {
      cause,
    })
  }
}

type Failed = (options: ErrorOptions) => Error

async function checked<T>(ctx: RequestContext, failed: Failed, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isSluiceError(error) || error instanceof PluginRefusal) throw error
    ctx.log.error({ err: error, route: ctx.route?.id }, 'a plugin failed')
    throw failed({ cause: error })
  }
}

/** What plugins and schemes see of a route. */
export function routeName({ id, name }: EffectiveRoute): { readonly id: string; readonly name?: string } {
  return name === undefined ? { id } : { id, name }
}
