import type { IncomingMessage } from 'node:http'
import {
  type ConsumerIdentity,
  ConsumerUnusableError,
  type EffectiveRoute,
  mergeLayers,
  type PipelinePlugin,
  PluginFault,
  type RouteTable,
  runAccess,
  runAuthenticate,
  type WithinTime,
} from '@sluice/core'
import { type Consumer, type GatewayRequest, isSluiceError, type Log, type Metrics } from '@sluice/spi'
import { ConsumerGone, GlobalRuleFailed, PluginFailed, RouteNotFound } from './errors.ts'
import { countFailure } from './failures.ts'
import { toMatchRequest } from './gateway-request.ts'
import { PluginDeadline, PluginTooLate } from './plugin-deadline.ts'
import type { PluginLifetimes } from './plugin-lifetimes.ts'
import { RequestScope, routeName } from './request-scope.ts'

/** A request whose route is known and whose plugins have let it pass. */
export interface RoutedRequest {
  readonly route: EffectiveRoute
  readonly scope: RequestScope
  /** Those that the request went through, in their order. */
  readonly plugins: readonly PipelinePlugin[]
  /** Absent where no plugin of authentication is at work. */
  readonly identity?: ConsumerIdentity
}

/** What requests are routed with, whatever the table. */
export interface RequestRouting {
  readonly plugins: PluginLifetimes
  /** What all plugins of a request may take together, in milliseconds. */
  readonly pluginMs: number
  readonly metrics: Metrics
  readonly log: Log
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
  routing: RequestRouting,
): Promise<RoutedRequest> {
  const deadline = new PluginDeadline(routing.pluginMs, raw.socket)
  try {
    return await runPlugins(table, raw, routing, deadline)
  } finally {
    deadline.over()
  }
}

async function runPlugins(
  table: RouteTable,
  raw: IncomingMessage,
  routing: RequestRouting,
  deadline: PluginDeadline,
): Promise<RoutedRequest> {
  const matchRequest = toMatchRequest(raw)
  const match = table.match(matchRequest)
  const request: GatewayRequest = { ...matchRequest, params: match?.params ?? {} }
  const route = match?.route
  const named = route === undefined ? {} : { route: routeName(route) }
  const anonymous = new RequestScope({ request, ...named, log: routing.log }, deadline)
  // At once: the configuration may change while plugins run.
  if (route !== undefined) routing.plugins.use(route)
  const { globalPlugins } = table
  const within: WithinTime = (plugin, work) => deadline.within(plugin, work)
  const authenticate = (plugins: readonly PipelinePlugin[], scope: RequestScope) =>
    checked(scope, routing, () => runAuthenticate(plugins, scope, (plugin) => table.consumers.for(plugin), within))
  const access = (plugins: readonly PipelinePlugin[], scope: RequestScope) =>
    checked(scope, routing, () => runAccess(plugins, scope, within))

  const byRule = await authenticate(globalPlugins, anonymous)
  const ofRules = byRule === undefined ? anonymous : anonymous.as(byRule)
  await access(globalPlugins, ofRules)
  if (route === undefined) throw new RouteNotFound()
  if (route.problem !== undefined) throw route.problem
  const consumer = (await authenticate(route.plugins, ofRules)) ?? byRule
  const identity = consumer && identify(table, consumer)
  if (identity === undefined) {
    await access(route.plugins, anonymous)
    return { route, scope: anonymous, plugins: [...globalPlugins, ...route.plugins] }
  }
  routing.plugins.useLayers(identity.layers)
  const scope = anonymous.as(identity.consumer)
  const merged = mergeLayers(route.plugins, identity.layers)
  await access(merged, scope)
  return { route, scope, plugins: [...globalPlugins, ...merged], identity }
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

/** Faults of plugins are counted and logged here, and what clients see of them tells no more than the name of the plugin. */
async function checked<T>(
  { route }: RequestScope,
  { log, metrics }: RequestRouting,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof PluginFault) {
      const { cause, plugin } = error
      countFailure(metrics, plugin)
      log.error({ err: cause, plugin, route: route?.id }, 'a plugin failed')
      throw route === undefined
        ? new GlobalRuleFailed(plugin, { cause })
        : new PluginFailed(plugin, route.id, { cause })
    }
    if (error instanceof PluginTooLate) {
      const { cause, plugin } = error
      countFailure(metrics, plugin)
      log.error({ code: cause.code, plugin, route: route?.id }, cause.message)
      throw cause
    }
    throw error
  }
}
