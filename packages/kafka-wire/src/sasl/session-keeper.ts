import { withCommand } from '../bounded-command.ts'
import { KafkaError } from '../errors.ts'
import type { ReadyConnection } from '../open-connection.ts'
import { authenticate } from './authenticate.ts'
import { createSaslExchange, type SaslOptions } from './create-exchange.ts'
import type { SaslExchange } from './exchange.ts'
import { sessionTimes } from './session-times.ts'

/** What a {@link SessionKeeper} needs. */
export interface SessionKeeperOptions {
  readonly sasl: SaslOptions | undefined
  /** For the SASL requests of one authentication. */
  readonly timeoutMs: number
  /** Gives what is under way up. */
  readonly signal: AbortSignal
  /** Called after each new authentication of a connection; must not throw. `broker` is `host:port`. */
  readonly onReauthenticated: ((broker: string, error?: KafkaError) => void) | undefined
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Authenticates connections again before their sessions end, while requests wait their turn. KIP-368. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions

  constructor(options: SessionKeeperOptions) {
    this.#options = options
  }

  /** Renews the session of a connection whenever that is due, until the connection has ended. */
  keep(ready: ReadyConnection): void {
    if (!ready.session.renewable) return
    let timer: NodeJS.Timeout | undefined
    const schedule = (): void => {
      if (!ready.session.renewable || !ready.connection.open) return
      const ms = Math.min(Math.max(1, ready.session.renewAt - performance.now()), LONGEST_TIMER_MS)
      timer = setTimeout(() => {
        if (performance.now() < ready.session.renewAt) schedule()
        else this.renew(ready).then(schedule, () => {})
      }, ms)
    }
    ready.connection.onClose(() => clearTimeout(timer))
    schedule()
  }

  /**
   * Authenticates a connection again. Rejects when that failed: without a token the connection serves until its session
   * ends, otherwise it is closed, and its requests are made again on another one.
   */
  async renew(ready: ReadyConnection): Promise<void> {
    const { sasl, onReauthenticated, signal } = this.#options
    const { connection } = ready
    if (sasl === undefined) return
    try {
      const exchange = await createSaslExchange(sasl)
      await this.#authenticate(ready, sasl, exchange)
    } catch (cause) {
      const error = cause instanceof KafkaError ? cause : new KafkaError('KAFKA_SASL_FAILED', String(cause))
      if (!signal.aborted) onReauthenticated?.(connection.broker, error)
      throw error
    }
    onReauthenticated?.(connection.broker)
  }

  async #authenticate(ready: ReadyConnection, sasl: SaslOptions, exchange: SaslExchange): Promise<void> {
    const { connection, versions } = ready
    const { timeoutMs, signal } = this.#options
    // The broker takes nothing but SASL between the handshake and the end of the exchange.
    connection.hold()
    // What waits for it is served sooner than on another connection, even when the session ends meanwhile.
    ready.session = { ...ready.session, endsAt: Number.POSITIVE_INFINITY }
    // A broker that throttles, or is busy with what was sent before, is not one that does not answer.
    await connection.quiet()
    try {
      const session = await withCommand({ timeoutMs, signal }, (command) =>
        authenticate(
          {
            broker: connection.broker,
            suspect: (suspicion) => connection.suspect(suspicion),
            send: (request, own) => connection.sendHeld(request, own),
          },
          versions,
          sasl.mechanism,
          exchange,
          command,
        ),
      )
      connection.suspect(undefined)
      ready.session = sessionTimes(session)
    } catch (error) {
      connection.close(lost(connection.broker, error))
      throw error
    } finally {
      connection.resume()
    }
  }
}

function lost(broker: string, cause: unknown): KafkaError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const text = `broker ${broker} did not authenticate the connection again, which was closed: ${why}`
  return new KafkaError('KAFKA_DISCONNECTED', text, { broker, cause, retriable: true })
}
