import type { Static, TObject } from 'typebox'
import type { HttpAnswer, HttpExchange, Scheme, SchemeEnv } from './scheme.ts'
import { spiVersion } from './version.ts'

/** A request scheme at work, once per worker. @public */
export interface RequestHandler<Options extends TObject> {
  /** Answers one request; `options` is `upstream.<name>` with its defaults. Throws as `SchemeInstance.respond`. */
  respond(exchange: HttpExchange, options: Static<Options>): HttpAnswer | Promise<HttpAnswer>
  /** Frees what it holds; called once every request is answered. */
  close?(): void | Promise<void>
}

/** What the author of a scheme that answers plain HTTP requests writes. @public */
export interface RequestSchemeDefinition<Options extends TObject> {
  /** Value of `upstream.scheme`. */
  readonly name: string
  /** Schema of `upstream.<name>`. */
  readonly options: Options
  /** Makes what answers requests, once per worker; opens nothing. */
  create(env: SchemeEnv): RequestHandler<Options>
  /** Tries each node for an operator; upstreams cannot be tested without. */
  readonly testUpstream?: Scheme['testUpstream']
}

/** Makes a scheme that answers plain HTTP requests; the default export of a scheme package. @public */
export function defineRequestScheme<Options extends TObject>(definition: RequestSchemeDefinition<Options>): Scheme {
  return {
    kind: 'scheme',
    spi: spiVersion,
    name: definition.name,
    options: definition.options,
    usage: 'send plain HTTP requests',
    create(env) {
      const handler = definition.create(env)
      return {
        // The route table has checked the options against the schema and filled in the defaults.
        respond: (exchange) => handler.respond(exchange, exchange.upstream.options as Static<Options>),
        close: () => handler.close?.(),
      }
    },
    ...(definition.testUpstream && { testUpstream: definition.testUpstream }),
  }
}
