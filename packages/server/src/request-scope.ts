import {
  type Consumer,
  type ContextKey,
  type ContextValues,
  createContextValues,
  type GatewayRequest,
  type Log,
  type RequestContext,
} from '@sluice/spi'
import type { PluginDeadline } from './plugin-deadline.ts'

/** The route of a request as plugins and schemes see it. */
export type RouteName = NonNullable<RequestContext['route']>

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
