import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Registry } from '@sluice/core'
import {
  type HttpAnswer,
  type HttpExchange,
  isSluiceError,
  type Log,
  type Metrics,
  type SchemeInstance,
} from '@sluice/spi'
import { SchemeRequestFailed, WebSocketExpected } from './errors.ts'
import { countSchemeFailure } from './failures.ts'
import { schemeContext } from './request-scope.ts'
import type { RoutedRequest } from './route-request.ts'

/** What answers plain requests is made of. */
export interface RequestAnswererOptions {
  readonly schemes: ReadonlyMap<string, SchemeInstance>
  readonly registry: Registry
  readonly metrics: Metrics
  readonly log: Log
}

/** Lets the scheme of a route answer a plain request. */
export class RequestAnswerer {
  readonly #options: RequestAnswererOptions

  constructor(options: RequestAnswererOptions) {
    this.#options = options
  }

  /**
   * Refuses a plain request on a route whose scheme has no answers to them, before its body is looked at.
   *
   * @throws REQUEST_WEBSOCKET_EXPECTED
   */
  check({ route }: RoutedRequest): void {
    const name = route.upstream?.scheme ?? ''
    if (this.#options.schemes.get(name)?.respond !== undefined) return
    throw new WebSocketExpected(this.#options.registry.schemes.get(name)?.usage ?? 'connect with a WebSocket client')
  }

  /**
   * Asks the scheme.
   *
   * @throws what the scheme refuses with, SCHEME_REQUEST_FAILED
   */
  async answer({ route, scope }: RoutedRequest, body: IncomingMessage, response: ServerResponse): Promise<HttpAnswer> {
    const { log, metrics, schemes } = this.#options
    const { upstream } = route
    const scheme = schemes.get(upstream?.scheme ?? '')
    if (upstream === undefined || scheme?.respond === undefined)
      throw new WebSocketExpected('connect with a WebSocket client')
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client is gone'))
    })
    const exchange: HttpExchange = { ...schemeContext(scope, route, upstream), body, signal: gone.signal }
    try {
      return checked(await scheme.respond(exchange))
    } catch (error) {
      // Nobody is there to be answered, and a scheme that gives up then does as it should.
      if (gone.signal.aborted || (isSluiceError(error) && error.place.status !== undefined)) throw error
      countSchemeFailure(metrics, upstream.scheme)
      log.error({ err: error, scheme: upstream.scheme, route: route.id }, 'a scheme failed to answer a request')
      throw new SchemeRequestFailed(upstream.scheme, { cause: error })
    }
  }
}

/** @throws TypeError where a scheme written without types gives something else */
function checked(answer: HttpAnswer): HttpAnswer {
  const { status } = answer
  if (Number.isInteger(status) && status >= 200 && status <= 599) return answer
  throw new TypeError(`an answer has a status from 200 to 599, not ${status}`)
}
