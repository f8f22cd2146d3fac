import { backoffMs } from './backoff.ts'
import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import { gaveNothing, releaseResult } from './fetch-outcome.ts'
import { FetchSession } from './fetch-session.ts'
import { Gathering } from './gathering.ts'
import type { FetchResult } from './messages/fetch-answer.ts'
import type { BrokerTarget, ReadyConnection } from './open-connection.ts'
import { endSession, type FetcherOptions, sendFetch, type Transcoded } from './partition-fetcher.ts'
import { ReadGroup } from './read-group.ts'
import { keyOf, type PartitionAnswer, type PartitionRead, SharedRead } from './shared-read.ts'

/** What a {@link Tail} needs. */
export interface TailOptions extends FetcherOptions {
  readonly pool: BrokerPool
  readonly target: BrokerTarget
  /** Makes the command of a request that several commands share; the deadline is on the clock of `performance.now()`. */
  begin(deadline: number): Command
  end(command: Command): void
  /** How long opening a connection may take, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Silence after which a connection is given up, in milliseconds. */
  readonly stallTimeoutMs: number
}

/** Requests that are held at once, each on a connection of its own: what begins to wait later goes on the next. */
const MOST_POLLS = 4
/** How long the broker holds requests without records, in milliseconds: all of a round until its end. */
const ROUND_MS = 500
/** As long at most the last of the requests, since what begins to wait meanwhile goes on none before one is answered. */
const LAST_POLL_MS = 100
/** What comes this close to the end of the round belongs to the next, in milliseconds. */
const LAST_MOMENT_MS = 20
const SHORTEST_POLL_MS = 10
const MOST_PARTITIONS = 1000
/** With fewer, naming them costs less than to remember what was named. */
const SESSION_FROM = 8
/** How long a broker is waited for that is told of the end of a session, in milliseconds. */
const FAREWELL_MS = 1000

interface Followed {
  readonly key: string
  readonly shared: SharedRead
  /** Whether a request is held for it. */
  isHeld: boolean
  /** Whether it needs a request of its own: there are records, which did not fit beside those of others. */
  goesAlone: boolean
}

/**
 * Waits at the ends of the logs of one broker, for all commands of a cluster: a few requests hold all partitions, and an
 * answer goes to everyone who waits at its offset. Whoever waits here has read up to the end before, after its command
 * came, so that nothing older than the command is given.
 */
export class Tail {
  readonly #options: TailOptions
  readonly #waitingFor: string
  readonly #followed = new Map<string, Followed>()
  readonly #gathering = new Gathering(() => this.#poll())
  readonly #sessions = new WeakMap<ReadyConnection, FetchSession>()
  #polls = 0
  /** When the requests are answered that got nothing, on the clock of `performance.now()`. */
  #roundEnd = 0
  #nextRound: NodeJS.Timeout | undefined
  /** Answers in a row that came too soon and brought nothing. */
  #idleAnswers = 0

  constructor(options: TailOptions) {
    this.#options = options
    this.#waitingFor = `records from broker ${options.target.host}:${options.target.port}`
  }

  /**
   * Waits for what comes after the end of the log; undefined when nothing has come until `until`, on the clock of
   * `performance.now()`. Rejects as `KafkaConnection.send` does.
   */
  follow(read: PartitionRead, command: Command, until: number): Promise<PartitionAnswer | undefined> {
    const key = keyOf(read)
    const followed = this.#followed.get(key) ?? this.#add(key, read)
    const answer = this.#join(followed.shared, command, until)
    this.#poll()
    return answer
  }

  /**
   * As `follow`, for who has not read up to the end since its command came: it shares a request that is not written yet, with
   * those who come back together. Undefined where no request can be written at once.
   */
  followFirst(read: PartitionRead, command: Command, until: number): Promise<PartitionAnswer | undefined> | undefined {
    const { pool, target } = this.#options
    const open = this.#gathering.find(read)
    if (open !== undefined) return this.#join(open, command, until)
    // The last place is for those who have read up to the end.
    if (this.#polls >= MOST_POLLS - 1 || !pool.hasIdle(target)) return undefined
    const key = keyOf(read)
    if (this.#followed.has(key)) return undefined
    const { shared } = this.#add(key, read)
    this.#gathering.open(shared)
    return this.#join(shared, command, until)
  }

  #join(shared: SharedRead, command: Command, until: number): Promise<PartitionAnswer | undefined> {
    command.waitsFor(this.#waitingFor)
    return shared.joinUntil(until, command)
  }

  #add(key: string, read: PartitionRead): Followed {
    const followed: Followed = {
      key,
      shared: new SharedRead(read, () => this.#dropUnused(followed)),
      isHeld: false,
      goesAlone: false,
    }
    this.#followed.set(key, followed)
    return followed
  }

  /** What a request is held for stays, for whoever comes back to wait there before it is answered. */
  #dropUnused(followed: Followed): void {
    if (!followed.isHeld && followed.shared.size === 0) this.#drop(followed)
  }

  /** Puts what was not answered behind what no request was held for yet, or drops it when nobody waits any more. */
  #queueAgain(followed: Followed): void {
    this.#dropUnused(followed)
    if (this.#drop(followed)) this.#followed.set(followed.key, followed)
  }

  /** Whether it was still followed. */
  #drop(followed: Followed): boolean {
    return this.#followed.get(followed.key) === followed && this.#followed.delete(followed.key)
  }

  /** Has the broker hold what nobody asks for yet, while there may be further requests. */
  #poll(): void {
    while (this.#polls < MOST_POLLS) {
      const group = this.#nextGroup()
      if (group.length === 0) return
      this.#polls++
      void this.#pollGroup(group, this.#pollMs()).finally(() => {
        this.#polls--
        this.#pollOn()
      })
    }
  }

  #pollMs(): number {
    const now = performance.now()
    if (this.#roundEnd - now < LAST_MOMENT_MS) this.#roundEnd = now + ROUND_MS
    return Math.min(this.#roundEnd - now, this.#polls === MOST_POLLS ? LAST_POLL_MS : ROUND_MS)
  }

  /** At the end of a round waits for the other requests, so that one goes out for what they held. */
  #pollOn(): void {
    const isOver = performance.now() > this.#roundEnd - LAST_MOMENT_MS
    if (this.#polls === 0 || !isOver) {
      clearTimeout(this.#nextRound)
      this.#nextRound = undefined
      this.#poll()
    } else this.#nextRound ??= setTimeout(() => this.#beginRound(), LAST_MOMENT_MS)
  }

  #beginRound(): void {
    this.#nextRound = undefined
    this.#poll()
  }

  #nextGroup(): readonly Followed[] {
    const group: Followed[] = []
    const together = new ReadGroup()
    for (const followed of this.#followed.values()) {
      const { shared, isHeld, goesAlone } = followed
      if (isHeld || shared.size === 0 || this.#gathering.isOpen(shared)) continue
      if (goesAlone) return [followed]
      if (group.length < MOST_PARTITIONS && together.add(shared.read)) group.push(followed)
    }
    return group
  }

  async #pollGroup(group: readonly Followed[], pollMs: number): Promise<void> {
    const { target, begin, end, connectTimeoutMs, stallTimeoutMs } = this.#options
    for (const followed of group) followed.isHeld = true
    let command: Command | undefined
    try {
      command = begin(performance.now() + connectTimeoutMs + pollMs + 2 * stallTimeoutMs)
      await this.#ask(group, pollMs, command)
    } catch (error) {
      const broker = `${target.host}:${target.port}`
      const failure = error instanceof KafkaError ? error : new KafkaError('KAFKA_PROTOCOL', String(error), { broker })
      for (const followed of group) this.#take(followed)?.fail(failure)
    } finally {
      if (command !== undefined) end(command)
      for (const followed of group) {
        followed.isHeld = false
        this.#queueAgain(followed)
      }
    }
  }

  async #ask(group: readonly Followed[], pollMs: number, command: Command): Promise<void> {
    const { pool, target } = this.#options
    const ready = await pool.exclusive(target, command, command.deadline)
    if (ready === undefined) return
    try {
      const reads = group.map(({ shared }) => shared.read)
      const started = performance.now()
      // A request that is held beyond the end of the session would cost the connection.
      const holdMs = Math.floor(Math.max(SHORTEST_POLL_MS, Math.min(pollMs, ready.session.renewAt - started)))
      const session = group.length < SESSION_FROM ? undefined : this.#sessionOf(ready)
      const results = await sendFetch(ready, { reads, maxWaitMs: holdMs, session }, command, this.#options)
      const { broker } = ready.connection
      let isUseful = performance.now() - started >= holdMs / 2
      for (const [index, followed] of group.entries())
        isUseful = this.#settle(followed, results[index], broker, group.length > 1) || isUseful
      // A broker that answers a held request at once and with nothing is not asked again without a pause.
      if (isUseful) this.#idleAnswers = 0
      else await command.sleep(backoffMs(this.#idleAnswers++))
    } finally {
      pool.giveBack(target, ready)
    }
  }

  #sessionOf(ready: ReadyConnection): FetchSession {
    const known = this.#sessions.get(ready)
    if (known !== undefined) return known
    const session = new FetchSession()
    this.#sessions.set(ready, session)
    ready.farewell = () => this.#end(ready, session)
    return session
  }

  /** Gives the broker the place of the session back, of which it has not many. */
  async #end(ready: ReadyConnection, session: FetchSession): Promise<void> {
    if (!session.isOpen) return
    const command = this.#options.begin(performance.now() + FAREWELL_MS)
    try {
      await endSession(ready, session, command)
    } catch {
      // The broker drops it by itself, in time.
    } finally {
      this.#options.end(command)
    }
  }

  /** Gives what came to all who wait for it; whether anything came. */
  #settle(followed: Followed, result: FetchResult<Transcoded> | undefined, broker: string, inGroup: boolean): boolean {
    if (result === undefined) return false
    const { read } = followed.shared
    const isLeftOut = gaveNothing(read, result)
    if (isLeftOut ? inGroup : isAtEnd(read, result)) {
      releaseResult(result)
      followed.goesAlone = isLeftOut
      return isLeftOut
    }
    this.#gathering.answered(followed.shared)
    const shared = this.#take(followed)
    const { header, records } = result
    if (records instanceof KafkaError) shared?.fail(records)
    else if (shared === undefined) records?.release()
    else shared.succeed({ broker, header, records })
    return true
  }

  /** Ends the waiting of a partition; undefined when it was ended before. */
  #take(followed: Followed): SharedRead | undefined {
    return this.#drop(followed) ? followed.shared : undefined
  }
}

function isAtEnd({ offset }: PartitionRead, { header, records }: FetchResult<Transcoded>): boolean {
  if (header.diverging !== undefined || header.preferredReplica >= 0) return false
  return records !== undefined && !(records instanceof KafkaError) && records.nextOffset === offset
}
