import { backoffMs } from './backoff.ts'
import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import { gaveNothing, releaseResult } from './fetch-outcome.ts'
import { Gathering } from './gathering.ts'
import type { FetchResult } from './messages/fetch-answer.ts'
import type { BrokerTarget } from './open-connection.ts'
import { type FetcherOptions, sendFetch, type Transcoded } from './partition-fetcher.ts'
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
/** How long the broker holds a request without records, in milliseconds. */
const POLL_MS = 500
/** As long the last of the requests, since what begins to wait meanwhile goes on none before one is answered. */
const LAST_POLL_MS = 100
const SHORTEST_POLL_MS = 10
const MOST_PARTITIONS = 1000

interface Followed {
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
  #polls = 0
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
      shared: new SharedRead(read, () => this.#dropUnused(key, followed)),
      isHeld: false,
      goesAlone: false,
    }
    this.#followed.set(key, followed)
    return followed
  }

  /** What a request is held for stays, for whoever comes back to wait there before it is answered. */
  #dropUnused(key: string, followed: Followed): void {
    if (!followed.isHeld && followed.shared.size === 0) this.#drop(key, followed)
  }

  /** Puts what was not answered behind what no request was held for yet, or drops it when nobody waits any more. */
  #queueAgain(followed: Followed): void {
    const key = keyOf(followed.shared.read)
    this.#dropUnused(key, followed)
    if (this.#followed.get(key) !== followed) return
    this.#followed.delete(key)
    this.#followed.set(key, followed)
  }

  /** Whether it was still followed. */
  #drop(key: string, followed: Followed): boolean {
    if (this.#followed.get(key) !== followed) return false
    return this.#followed.delete(key)
  }

  /** Has the broker hold what nobody asks for yet, while there may be further requests. */
  #poll(): void {
    while (this.#polls < MOST_POLLS) {
      const group = this.#nextGroup()
      if (group.length === 0) return
      this.#polls++
      void this.#pollGroup(group, this.#polls === MOST_POLLS ? LAST_POLL_MS : POLL_MS).finally(() => {
        this.#polls--
        this.#poll()
      })
    }
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
      const results = await sendFetch(ready, { reads, maxWaitMs: holdMs }, command, this.#options)
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
    return this.#drop(keyOf(followed.shared.read), followed) ? followed.shared : undefined
  }
}

function isAtEnd({ offset }: PartitionRead, { header, records }: FetchResult<Transcoded>): boolean {
  if (header.diverging !== undefined || header.preferredReplica >= 0) return false
  return records !== undefined && !(records instanceof KafkaError) && records.nextOffset === offset
}
