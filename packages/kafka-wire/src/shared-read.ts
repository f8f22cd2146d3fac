import type { Command, Waiter as CommandWaiter } from './command.ts'
import type { KafkaError } from './errors.ts'
import type { FetchHeader } from './messages/fetch-answer.ts'
import type { PartitionQuestion } from './messages/fetch-question.ts'
import type { Isolation, TranscodeResult } from './transcode.ts'

/** What is read of one partition. */
export interface PartitionRead extends PartitionQuestion {
  readonly isolation: Isolation
  readonly rackId: string
}

/** What a broker gave for it. */
export interface PartitionAnswer {
  readonly broker: string
  readonly header: FetchHeader
  /** Undefined when the broker answered with an error; to be released by whoever gets it. */
  readonly records: TranscodeResult | undefined
}

/** Reads with one key are the same question: one answer serves them all. */
export function keyOf(read: PartitionRead): string {
  const { topic, topicId, partition, leaderEpoch, lastFetchedEpoch, offset, maxBytes, isolation, rackId } = read
  return `${partition} ${offset} ${maxBytes} ${leaderEpoch} ${lastFetchedEpoch} ${isolation} ${topicId} ${topic} ${rackId}`
}

/** Whether their keys are equal, for a few reads at less cost. */
export function isEqualRead(one: PartitionRead, other: PartitionRead): boolean {
  return (
    one.partition === other.partition &&
    one.offset === other.offset &&
    one.topic === other.topic &&
    one.topicId === other.topicId &&
    one.maxBytes === other.maxBytes &&
    one.isolation === other.isolation &&
    one.leaderEpoch === other.leaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.rackId === other.rackId
  )
}

/** One command that waits. An object without functions of its own: thousands of them may wait for one record. */
class Waiter implements CommandWaiter {
  readonly shared: SharedRead
  readonly command: Command
  /** On the clock of `performance.now()`. */
  readonly until: number
  readonly resolve: (answer: PartitionAnswer | undefined) => void
  readonly reject: (error: unknown) => void

  constructor(
    shared: SharedRead,
    command: Command,
    until: number,
    resolve: Waiter['resolve'],
    reject: Waiter['reject'],
  ) {
    this.shared = shared
    this.command = command
    this.until = until
    this.resolve = resolve
    this.reject = reject
  }

  cancelled(error: KafkaError): void {
    this.shared.leave(this)
    this.reject(error)
  }
}

/** How often a question looks whose wait is over, in milliseconds: one who waits no longer hears so much later at most. */
const TICK_MS = 10

/** One question that several commands wait for. Its answer is encoded once; each gets the same bytes. */
export class SharedRead {
  readonly read: PartitionRead
  readonly #onAbandoned: () => void
  readonly #waiters = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** Latest of the commands' deadlines, on the clock of `performance.now()`. */
  #deadline = 0

  /** @param onAbandoned called when the last command has left before the answer */
  constructor(read: PartitionRead, onAbandoned: () => void) {
    this.read = read
    this.#onAbandoned = onAbandoned
  }

  /** Commands that wait. */
  get size(): number {
    return this.#waiters.size
  }

  get deadline(): number {
    return this.#deadline
  }

  /** Says what the commands wait for from now on. */
  waitsFor(what: string): void {
    for (const { command } of this.#waiters) command.waitsFor(what)
  }

  /** Resolves with the answer; rejects when it fails, or when the command ends first. */
  join(command: Command): Promise<PartitionAnswer> {
    return new Promise((resolve, reject) => {
      this.#wait(new Waiter(this, command, Number.POSITIVE_INFINITY, (answer) => answer && resolve(answer), reject))
    })
  }

  /** As `join`, but undefined when there is no answer until then, on the clock of `performance.now()`. */
  joinUntil(until: number, command: Command): Promise<PartitionAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#wait(new Waiter(this, command, until, resolve, reject))
      if (until < this.#timerAt) this.#watch(until)
    })
  }

  #wait(waiter: Waiter): void {
    const { command } = waiter
    this.#deadline = Math.max(this.#deadline, command.deadline)
    this.#waiters.add(waiter)
    command.join(waiter)
  }

  /** Takes a command out that waits no longer. */
  leave(waiter: Waiter): void {
    waiter.command.leave(waiter)
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return
    this.#stopWatching()
    this.#onAbandoned()
  }

  /** One timer for all: each of their own would cost more than the rest of the wait. */
  #watch(until: number): void {
    clearTimeout(this.#timer)
    this.#timerAt = until
    this.#timer = setTimeout(() => this.#endWaits(), Math.max(0, until - performance.now()))
  }

  #stopWatching(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #endWaits(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const waiter of this.#waiters) {
      if (waiter.until > now) next = Math.min(next, waiter.until)
      else {
        this.leave(waiter)
        waiter.resolve(undefined)
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#watch(Math.max(next, now + TICK_MS))
  }

  /** Gives the answer to every command; releases it where none is left. */
  succeed({ broker, header, records }: PartitionAnswer): void {
    const waiters = this.#takeAll()
    if (records === undefined) {
      for (const { resolve } of waiters) resolve({ broker, header, records })
      return
    }
    const share = shareRecords(records, waiters.length)
    for (const { resolve } of waiters) resolve({ broker, header, records: share() })
  }

  fail(error: KafkaError): void {
    for (const { reject } of this.#takeAll()) reject(error)
  }

  #takeAll(): readonly Waiter[] {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    this.#stopWatching()
    for (const waiter of waiters) waiter.command.leave(waiter)
    return waiters
  }
}

/** Splits records among owners, the last of whom to release gives the memory back. */
function shareRecords(records: TranscodeResult, owners: number): () => TranscodeResult {
  if (owners === 1) return () => records
  let left = owners
  if (left === 0) records.release()
  return () => {
    let released = false
    // What stands in front of the body differs from owner to owner, so that nobody may write there.
    return {
      ...records,
      headroom: 0,
      release() {
        if (released) return
        released = true
        left--
        if (left === 0) records.release()
      },
    }
  }
}
