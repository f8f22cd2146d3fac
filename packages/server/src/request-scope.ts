import type { EffectiveRoute } from '@sluice/core'
import {
  type Consumer,
  type ContextKey,
  type ContextValues,
  createContextValues,
  type GatewayRequest,
  type Log,
  type RequestContext,
  type ResolvedUpstream,
  type SessionContext,
} from '@sluice/spi'
import type { PluginDeadline } from './plugin-deadline.ts'

type RouteName = NonNullable<RequestContext['route']>

/** What plugins and schemes see of a route. */
export function routeName({ id, name }: EffectiveRoute): RouteName {
  return name === undefined ? { id } : { id, name }
}

/** What a scheme gets of a request. */
export function schemeContext(
  { consumer, log, request, values }: RequestScope,
  route: EffectiveRoute,
  upstream: ResolvedUpstream,
): Omit<SessionContext, 'hooks'> {
  return { request, route: routeName(route), upstream, ...(consumer && { consumer }), values, log }
}

/** The context of one request; those with another consumer share its values. */
export class RequestScope implements RequestContext {
  readonly request: GatewayRequest
  readonly route?: RouteName
  readonly consumer?: Consumer
  readonly log: Log
  /** Without what only plugins need, for as long as a socket is open. */
  readonly values: ContextValues
  readonly #deadline: PluginDeadline

  constructor(
    { request, route, consumer, log }: Pick<RequestContext, 'request' | 'route' | 'consumer' | 'log'>,
    deadline: PluginDeadline,
    values: ContextValues = createContextValues(),
  ) {
    this.request = request
    if (route !== undefined) this.route = route
    if (consumer !== undefined) this.consumer = consumer
    this.log = log
    this.values = values
    this.#deadline = deadline
  }

  get signal(): AbortSignal {
    return this.#deadline.signal
  }

  get<T>(key: ContextKey<T>): T | undefined {
    return this.values.get(key)
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.values.set(key, value)
  }

  /** The same request, asked by a consumer. */
  as(consumer: Consumer): RequestScope {
    return new RequestScope({ ...this, consumer }, this.#deadline, this.values)
  }
}
