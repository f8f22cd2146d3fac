import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import type { BrokerTarget, ReadyConnection } from './open-connection.ts'

/** What {@link Lanes} needs. */
export interface LanesOptions {
  readonly pool: BrokerPool
  readonly target: BrokerTarget
  /** The connection that is always there. */
  readonly ready: ReadyConnection
  /** How long opening a connection may take, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Makes a command of nobody; the deadline is on the clock of `performance.now()`. */
  begin(deadline: number): Command
  end(command: Command): void
}

/** A connection that requests are sent on. */
export interface Lane {
  readonly ready: ReadyConnection
  /** Requests sent and not answered. */
  underWay: number
}

/**
 * A broker works at one request of a connection after the other, and wakes up for each. Single records for 64 clients: with
 * four connections twice the rate of one, with eight 2.6 times, and 0.6 of the CPU here, half of it at the broker.
 */
const MOST_LANES = 8
/** How long none is opened after one could not be, in milliseconds. */
const PAUSE_MS = 1000

/**
 * The connections to one broker over which requests are spread that cannot go together: the shared one and, while requests
 * queue, a few of those that else wait at the broker.
 */
export class Lanes {
  readonly #first: Lane
  readonly #options: LanesOptions
  readonly #more = new Set<Lane>()
  #isOpening = false
  #notBefore = 0

  constructor(options: LanesOptions) {
    this.#options = options
    this.#first = { ready: options.ready, underWay: 0 }
  }

  /** The one with the fewest requests. */
  leastBusy(): Lane {
    let best = this.#first
    if (this.#more.size === 0) return best
    const now = performance.now()
    for (const lane of this.#more) if (lane.underWay < best.underWay && isUsable(lane, now)) best = lane
    return best
  }

  /**
   * Adds one, if there may be more; `use` is called when it is there, and says whether another one is needed. It is given
   * back if nothing is sent on it then.
   */
  widen(use: () => boolean): void {
    if (this.#isOpening || 1 + this.#more.size === MOST_LANES || performance.now() < this.#notBefore) return
    this.#isOpening = true
    void this.#open(use)
  }

  /** Notes that a request on a lane is over; it is given back when it has no further one and nothing queues. */
  leave(lane: Lane, isNeeded: boolean): void {
    lane.underWay--
    if (lane.underWay > 0 || lane === this.#first || (isNeeded && isUsable(lane, performance.now()))) return
    this.#giveBack(lane)
  }

  async #open(use: () => boolean): Promise<void> {
    const { pool, target, begin, end, connectTimeoutMs } = this.#options
    let command: Command | undefined
    let ready: ReadyConnection | undefined
    try {
      command = begin(performance.now() + connectTimeoutMs)
      ready = await pool.exclusive(target, command, performance.now())
    } catch {
      // The connection that is there serves as well, only slower.
    } finally {
      if (command !== undefined) end(command)
      this.#isOpening = false
    }
    if (ready === undefined) {
      this.#notBefore = performance.now() + PAUSE_MS
      return
    }
    const lane = { ready, underWay: 0 }
    this.#more.add(lane)
    const isEnough = !use()
    if (lane.underWay === 0) this.#giveBack(lane)
    else if (!isEnough) this.widen(use)
  }

  #giveBack(lane: Lane): void {
    if (this.#more.delete(lane)) this.#options.pool.giveBack(this.#options.target, lane.ready)
  }
}

function isUsable({ ready }: Lane, now: number): boolean {
  return ready.connection.open && now < ready.session.renewAt
}
