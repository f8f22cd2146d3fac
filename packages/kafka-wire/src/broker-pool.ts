import { brokerName } from './broker-name.ts'
import type { ClusterHooks } from './cluster-options.ts'
import type { Command } from './command.ts'
import type { KafkaConnection } from './connection.ts'
import { KafkaError } from './errors.ts'
import { type BrokerTarget, type OpenOptions, openConnection, type ReadyConnection } from './open-connection.ts'
import { SessionKeeper } from './sasl/session-keeper.ts'
import { Turnstile } from './turnstile.ts'

/** What a {@link BrokerPool} needs. */
export interface BrokerPoolOptions extends Omit<OpenOptions, 'signal'> {
  /** Connections of their own to one broker. */
  readonly maxWaiting: number
  /** How long one of them is kept for the next long poll, in milliseconds. */
  readonly idleMs: number
  readonly hooks: ClusterHooks
}

interface Broker {
  readonly target: BrokerTarget
  shared: ReadyConnection | undefined
  opening: Promise<ReadyConnection> | undefined
  /** Who may have a connection of its own. */
  readonly waiting: Turnstile
  readonly idle: Map<ReadyConnection, NodeJS.Timeout>
  /** Whether it has ever answered a request of a command. */
  good: boolean
}

/**
 * The connections of one cluster: one per broker for what is answered at once, and one of its own for each request that
 * waits at the broker, since a broker serves the requests of a connection one after the other.
 */
export class BrokerPool {
  readonly #options: OpenOptions
  readonly #hooks: ClusterHooks
  readonly #keeper: SessionKeeper
  readonly #abort = new AbortController()
  readonly #maxWaiting: number
  readonly #idleMs: number
  readonly #brokers = new Map<string, Broker>()
  /** The same by the object that names them, which spares making the name. */
  readonly #brokersByTarget = new WeakMap<BrokerTarget, Broker>()
  readonly #connections = new Set<ReadyConnection>()
  readonly #attempts = new Set<Promise<ReadyConnection>>()

  constructor(options: BrokerPoolOptions) {
    const { hooks, maxWaiting, idleMs, ...open } = options
    this.#maxWaiting = maxWaiting
    this.#idleMs = idleMs
    this.#options = { ...open, signal: this.#abort.signal }
    this.#hooks = hooks
    this.#keeper = new SessionKeeper({
      sasl: open.sasl,
      timeoutMs: open.connectTimeoutMs,
      signal: this.#abort.signal,
      onReauthenticated: (broker, error) => hooks.onReauthenticated?.(broker, error),
    })
  }

  /** The shared connection to a broker if it is open. */
  ready(target: BrokerTarget): ReadyConnection | undefined {
    return this.#usable(this.#broker(target))
  }

  /** The shared connection to a broker, opened if need be; concurrent callers open one together. */
  async shared(target: BrokerTarget, command: Command): Promise<ReadyConnection> {
    const broker = this.#broker(target)
    const ready = this.#usable(broker)
    if (ready !== undefined) return ready
    broker.opening ??= this.#openShared(broker)
    command.waitsFor(`a connection to broker ${brokerName(target.host, target.port)}`)
    return command.race(broker.opening)
  }

  /**
   * Of the open shared connections the one with the fewest requests, so that a broker that hangs is not asked; one that
   * throttles only where all do.
   */
  leastBusy(): ReadyConnection | undefined {
    let best: ReadyConnection | undefined
    for (const broker of this.#brokers.values()) {
      const ready = this.#usable(broker)
      if (ready === undefined) continue
      if (best === undefined || isLessBusy(ready.connection, best.connection)) best = ready
    }
    return best
  }

  /**
   * A connection for one request that waits at the broker; `giveBack` it after the answer. Undefined when all that may be
   * open are taken until `until`, on the clock of `performance.now()`.
   */
  async exclusive(target: BrokerTarget, command: Command, until: number): Promise<ReadyConnection | undefined> {
    const broker = this.#broker(target)
    const name = brokerName(target.host, target.port)
    command.waitsFor(`a free connection to broker ${name}`)
    if (!(await broker.waiting.enter(command, until))) return undefined
    const ready = this.#takeIdle(broker)
    if (ready !== undefined)
      return performance.now() < ready.session.renewAt ? ready : this.#renewed(broker, ready, command)
    command.waitsFor(`a connection to broker ${name}`)
    return this.#openExclusive(broker, command)
  }

  /** Whether a connection of `exclusive` is open and not in use. */
  hasIdle(target: BrokerTarget): boolean {
    return this.#broker(target).idle.size > 0
  }

  /** Takes back a connection of `exclusive`; one whose answer is still due is closed. */
  giveBack(target: BrokerTarget, ready: ReadyConnection): void {
    const broker = this.#broker(target)
    if (!isUsable(ready) || ready.connection.requestsInFlight > 0) ready.connection.close()
    else
      broker.idle.set(
        ready,
        setTimeout(() => void leave(broker, ready), this.#idleMs),
      )
    broker.waiting.leave()
  }

  /** Has the open connections to a broker, or all of them, take no further request; the next one opens another. */
  retire(broker?: string): void {
    for (const { connection } of this.#connections)
      if (broker === undefined || connection.broker === broker) connection.retire()
  }

  /** Remembers that a broker answers requests: from now on its failures are taken as passing ones. */
  markGood(broker: string): void {
    const known = this.#brokers.get(broker)
    if (known !== undefined) known.good = true
  }

  /** Whether a broker has ever answered a request. */
  isGood(broker: string): boolean {
    return this.#brokers.get(broker)?.good ?? false
  }

  /** Open connections, and requests on them. */
  stats(): { connections: number; requestsInFlight: number } {
    let requestsInFlight = 0
    for (const { connection } of this.#connections) requestsInFlight += connection.requestsInFlight
    return { connections: this.#connections.size, requestsInFlight }
  }

  /** Gives up attempts and closes every connection; resolves when all are gone. */
  async close(error: KafkaError): Promise<void> {
    this.#abort.abort(error)
    if (this.#options.sasl?.mechanism === 'OAUTHBEARER') this.#options.sasl.tokens.close()
    const connections = [...this.#connections].map(({ connection }) => connection)
    for (const connection of connections) connection.close(error)
    await Promise.allSettled([...this.#attempts, ...connections.map(({ gone }) => gone)])
  }

  #broker(target: BrokerTarget): Broker {
    const known = this.#brokersByTarget.get(target)
    if (known !== undefined) return known
    const name = brokerName(target.host, target.port)
    let broker = this.#brokers.get(name)
    if (broker === undefined) {
      const waiting = new Turnstile(this.#maxWaiting)
      broker = { target, shared: undefined, opening: undefined, waiting, idle: new Map(), good: false }
      this.#brokers.set(name, broker)
    }
    this.#brokersByTarget.set(target, broker)
    return broker
  }

  #usable(broker: Broker): ReadyConnection | undefined {
    const ready = broker.shared
    if (ready === undefined || isUsable(ready)) return ready
    broker.shared = undefined
    ready.connection.retire()
    return undefined
  }

  #takeIdle(broker: Broker): ReadyConnection | undefined {
    // The one used last is asked for much the same again, most likely, and the others may end.
    for (const [ready, timer] of [...broker.idle].reverse()) {
      clearTimeout(timer)
      broker.idle.delete(ready)
      if (isUsable(ready)) return ready
      ready.connection.retire()
    }
    return undefined
  }

  /** Authenticates an idle connection again where its session ends soon; opens another, or says why not, when that fails. */
  async #renewed(broker: Broker, ready: ReadyConnection, command: Command): Promise<ReadyConnection> {
    const renewal = this.#keeper.renew(ready)
    try {
      await command.race(renewal)
      return ready
    } catch {
      const { error } = command
      if (error === undefined) {
        ready.connection.retire()
        return this.#openExclusive(broker, command)
      }
      const giveBack = (): void => this.giveBack(broker.target, ready)
      renewal.then(giveBack, giveBack)
      throw error
    }
  }

  /** Keeps the place of a command that ends meanwhile until the attempt does, so that attempts are bounded too. */
  #openExclusive(broker: Broker, command: Command): Promise<ReadyConnection> {
    return new Promise((resolve, reject) => {
      const forget = command.onCancel(reject)
      this.#open(broker.target).then(
        (ready) => {
          forget()
          ready.connection.onClose(() => {
            clearTimeout(broker.idle.get(ready))
            broker.idle.delete(ready)
          })
          if (command.error === undefined) resolve(ready)
          else this.giveBack(broker.target, ready)
        },
        (error: unknown) => {
          forget()
          broker.waiting.leave()
          reject(error)
        },
      )
    })
  }

  #openShared(broker: Broker): Promise<ReadyConnection> {
    const opening = this.#open(broker.target)
      .then((ready) => {
        broker.shared = ready
        this.#keeper.keep(ready)
        return ready
      })
      .finally(() => {
        broker.opening = undefined
      })
    // every command that waits for it may leave before it fails
    opening.catch(() => {})
    return opening
  }

  async #open(target: BrokerTarget): Promise<ReadyConnection> {
    const broker = brokerName(target.host, target.port)
    const attempt = openConnection(target, this.#options)
    this.#attempts.add(attempt)
    try {
      const ready = await attempt
      this.#connections.add(ready)
      this.#hooks.onConnectionOpened?.(broker)
      ready.connection.onClose((error) => {
        this.#connections.delete(ready)
        // It would have to be found silent again on each of the others.
        if (ready.connection.stalled) this.retire(broker)
        this.#hooks.onConnectionClosed?.(broker, error)
      })
      return ready
    } catch (cause) {
      const error =
        cause instanceof KafkaError ? cause : new KafkaError('KAFKA_CONNECT_FAILED', String(cause), { broker })
      if (!this.#abort.signal.aborted) this.#hooks.onConnectionFailed?.(broker, error)
      throw error
    } finally {
      this.#attempts.delete(attempt)
    }
  }
}

async function leave(broker: Broker, ready: ReadyConnection): Promise<void> {
  broker.idle.delete(ready)
  await ready.farewell?.()
  ready.connection.close()
}

function isLessBusy(one: KafkaConnection, other: KafkaConnection): boolean {
  if (one.throttled !== other.throttled) return other.throttled
  return one.requestsInFlight < other.requestsInFlight
}

function isUsable(ready: ReadyConnection): boolean {
  return ready.connection.open && performance.now() < ready.session.endsAt
}
