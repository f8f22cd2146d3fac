import type { Consumer } from './consumer.ts'

/** A typed place in a request's context; plugins write it, schemes read it. Made by {@link defineContextKey}. @public */
export interface ContextKey<T> {
  /** Registered (`Symbol.for`), the same in every copy of the package that defines it. */
  readonly id: symbol
  /** Carries the type; never present at run time. */
  readonly type?: T
}

/**
 * Defines a context key. The key belongs to the package that reads it (usually a scheme, in its `context.ts`), so that a
 * plugin can import the key without the scheme's client library.
 *
 * @param name globally unique, `<package>.<what>`; two copies of one package share the key
 * @public
 */
export function defineContextKey<T>(name: string): ContextKey<T> {
  return { id: Symbol.for(`sluice.context.${name}`) }
}

/** The values that plugins left for later plugins and for the scheme. @public */
export interface ContextValues {
  /** What was left under the key; undefined where no plugin left anything. */
  get<T>(key: ContextKey<T>): T | undefined
  /** Leaves a value, in the place of one that was left before. */
  set<T>(key: ContextKey<T>, value: T): void
}

/** An empty set of context values. @public */
export function createContextValues(): ContextValues {
  const values = new Map<symbol, unknown>()
  return {
    // The key carries the type of what `set` stored under it.
    get: <T>(key: ContextKey<T>) => values.get(key.id) as T | undefined,
    set: (key, value) => {
      values.set(key.id, value)
    },
  }
}

/** The request that opened a route, as plugins and schemes see it. @public */
export interface GatewayRequest {
  /** In capitals, e.g. `GET`; that of a WebSocket's handshake is `GET`. */
  readonly method: string
  /** Normalized path, without the query. */
  readonly path: string
  /** Decoded; of this request alone, so that nobody else sees what is changed in it. */
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Lower case, without the port. */
  readonly host: string
  /** Address of the peer. */
  readonly remoteAddress: string
  /** Values of the `:param` parts of the route's uri. */
  readonly params: Readonly<Record<string, string>>
}

/** What a plugin's phases get. @public */
export interface RequestContext extends ContextValues {
  /** What the client asks for. */
  readonly request: GatewayRequest
  /** Absent where no route fits: the plugins of global rules run for such requests too, before they are answered 404. */
  readonly route?: { readonly id: string; readonly name?: string }
  /** Who asks; absent where no plugin of authentication is at work. */
  readonly consumer?: Consumer
  /** Aborted when the plugins of the request have had their time, or the client is gone before they are done. */
  readonly signal: AbortSignal
  /** That of the gateway: name the route in `fields` where a line needs it. */
  readonly log: Log
}

/** Structured log: an object of fields, then the message. The subset of pino that Sluice hands out. @public */
export interface Log {
  /** What an author looks for; not shown unless the operator asks (`log.level`). */
  debug(fields: object, message: string): void
  /** What an operator wants to know of a gateway that is well. */
  info(fields: object, message: string): void
  /** What went wrong and was answered. An error belongs in the field `err`, with its cause and stack. */
  warn(fields: object, message: string): void
  /** What somebody has to look at. */
  error(fields: object, message: string): void
}
