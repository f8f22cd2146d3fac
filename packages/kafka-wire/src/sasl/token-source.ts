import { backoffMs } from '../backoff.ts'
import { KafkaError } from '../errors.ts'
import { expiryOf } from './jwt-expiry.ts'

/** A bearer token. */
export interface AccessToken {
  readonly value: string
}

/** Where the tokens of one cluster and one set of credentials come from. */
export interface TokenSource {
  /** A token to authenticate with. Rejects with KAFKA_TOKEN_FAILED, or KAFKA_CLOSED. */
  token(): Promise<AccessToken>
  /** Told that a broker refuses a token; gives what is known about it, for the message, or undefined. */
  refused(token: AccessToken): string | undefined
  /** Gives up what is under way. May be called twice. */
  close(): void
}

/** A token as a token endpoint issued it. */
export interface IssuedToken extends AccessToken {
  /** How long it is valid from when it was asked for, in milliseconds. */
  readonly lifetimeMs: number
}

/** What {@link createTokenSource} needs. */
export interface TokenSourceOptions {
  /** Asks for a new token. Rejects with KAFKA_TOKEN_FAILED. */
  readonly request: (signal: AbortSignal) => Promise<IssuedToken>
  /** Called after each request; must not throw. */
  readonly onRequest?: (error?: KafkaError) => void
}

/** From this part of its life on a token is replaced where it is needed, and by itself up to 10 % later. */
const STALE_AT = 0.8
/** How often the pause after a failure doubles: up to 3.2 s, so that a server that is up again is soon noticed. */
const MOST_DOUBLINGS = 5
/** How often a token is replaced by itself at most, in milliseconds: one that lives shorter is replaced when it is needed. */
const SHORTEST_RENEWAL_MS = 1000
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A token that the operator gave. */
export function createStaticTokenSource(value: string, now: () => number = Date.now): TokenSource {
  const token = { value }
  return {
    token: () => Promise.resolve(token),
    refused() {
      const expiry = expiryOf(value)
      if (expiry === undefined || expiry > now()) return undefined
      return `the token expired at ${new Date(expiry).toISOString()}: set a new sasl.oauth.token of plugin kafka-proxy`
    },
    close() {},
  }
}

/**
 * Keeps one token and replaces it at 80 to 90 % of its life, at random. All who need one share one request; a failed one
 * is made again after 100 ms, doubling to 3.2 s, whoever asks meanwhile gets the token there still is, or the failure.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  return new RefreshingTokenSource(options)
}

interface HeldToken {
  readonly token: AccessToken
  readonly endsAt: number
  /** When to replace it if it is needed, on the clock of `performance.now()`. */
  staleAt: number
}

class RefreshingTokenSource implements TokenSource {
  readonly #options: TokenSourceOptions
  readonly #abort = new AbortController()
  #held: HeldToken | undefined
  #refresh: Promise<AccessToken> | undefined
  /** Before it no request is made. */
  #notBefore = 0
  #failures = 0
  /** Tokens refused in a row. */
  #refusals = 0
  #lastError: KafkaError | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: TokenSourceOptions) {
    this.#options = options
  }

  async token(): Promise<AccessToken> {
    const now = performance.now()
    const held = this.#held
    if (held !== undefined && now < held.staleAt) return held.token
    const valid = held !== undefined && now < held.endsAt
    if (now < this.#notBefore) {
      if (valid) return held.token
      if (this.#lastError !== undefined) throw this.#lastError
    }
    try {
      return await this.#refreshed()
    } catch (error) {
      if (held !== undefined && performance.now() < held.endsAt && !this.#abort.signal.aborted) return held.token
      throw error
    }
  }

  refused(token: AccessToken): string | undefined {
    if (this.#held?.token !== token) return undefined
    // Its keys may have been replaced, or it was revoked: the next one who needs a token asks for another.
    this.#held.staleAt = 0
    this.#notBefore = performance.now() + backoffMs(Math.min(this.#refusals++, MOST_DOUBLINGS))
    return this.#lastError?.message
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#held = undefined
    this.#abort.abort(closed())
  }

  #refreshed(): Promise<AccessToken> {
    this.#refresh ??= this.#request().finally(() => {
      this.#refresh = undefined
    })
    return this.#refresh
  }

  async #request(): Promise<AccessToken> {
    const { signal } = this.#abort
    if (signal.aborted) throw closed()
    clearTimeout(this.#timer)
    const askedAt = performance.now()
    try {
      const issued = await this.#options.request(signal)
      if (signal.aborted) throw closed()
      this.#options.onRequest?.()
      return this.#hold(issued, askedAt)
    } catch (error) {
      if (signal.aborted) throw closed()
      const failure = error instanceof KafkaError ? error : new KafkaError('KAFKA_TOKEN_FAILED', String(error))
      this.#options.onRequest?.(failure)
      this.#lastError = failure
      this.#notBefore = performance.now() + backoffMs(Math.min(this.#failures++, MOST_DOUBLINGS))
      // Nobody may need one now; while there is one that still works, the next need should find a new one.
      if (this.#held !== undefined && this.#notBefore < this.#held.endsAt) this.#refreshAt(this.#notBefore)
      throw failure
    }
  }

  #hold({ value, lifetimeMs }: IssuedToken, askedAt: number): AccessToken {
    const token = { value }
    // A JWT ends at a whole second, up to one before its issuer says.
    const lifeMs = Math.max(lifetimeMs - 1000, lifetimeMs * 0.7)
    this.#held = { token, endsAt: askedAt + lifeMs, staleAt: askedAt + lifeMs * STALE_AT }
    this.#lastError = undefined
    this.#failures = 0
    this.#refreshAt(askedAt + Math.max(lifeMs * (STALE_AT + Math.random() * 0.1), SHORTEST_RENEWAL_MS))
    return token
  }

  #refreshAt(time: number): void {
    clearTimeout(this.#timer)
    const ms = Math.min(Math.max(time - performance.now(), 100), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => {
      this.#refusals = 0
      this.#refreshed().catch(() => {})
    }, ms)
  }
}

function closed(): KafkaError {
  return new KafkaError('KAFKA_CLOSED', 'the connections to the cluster were closed: open the WebSocket again')
}
