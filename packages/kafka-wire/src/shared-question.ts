import type { Command, Waiter as CommandWaiter } from './command.ts'
import type { KafkaError } from './errors.ts'

/** One command that waits. An object without functions of its own: thousands of them may wait for one record. */
class Waiter<A> implements CommandWaiter {
  readonly shared: SharedQuestion<A>
  readonly command: Command
  /** On the clock of `performance.now()`. */
  readonly until: number
  readonly resolve: (answer: A | undefined) => void
  readonly reject: (error: unknown) => void

  constructor(
    shared: SharedQuestion<A>,
    command: Command,
    until: number,
    resolve: Waiter<A>['resolve'],
    reject: Waiter<A>['reject'],
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

/** One question that several commands wait for. */
export class SharedQuestion<A> {
  readonly #onAbandoned: () => void
  readonly #waiters = new Set<Waiter<A>>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** Latest of the commands' deadlines, on the clock of `performance.now()`. */
  #deadline = 0

  /** @param onAbandoned called when the last command has left before the answer */
  constructor(onAbandoned: () => void) {
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
  join(command: Command): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#wait(
        new Waiter(
          this,
          command,
          Number.POSITIVE_INFINITY,
          (answer) => answer !== undefined && resolve(answer),
          reject,
        ),
      )
    })
  }

  /** As `join`, but undefined when there is no answer until then, on the clock of `performance.now()`. */
  joinUntil(until: number, command: Command): Promise<A | undefined> {
    return new Promise((resolve, reject) => {
      this.#wait(new Waiter(this, command, until, resolve, reject))
      if (until < this.#timerAt) this.#watch(until)
    })
  }

  #wait(waiter: Waiter<A>): void {
    const { command } = waiter
    this.#deadline = Math.max(this.#deadline, command.deadline)
    this.#waiters.add(waiter)
    command.join(waiter)
  }

  /** Takes a command out that waits no longer. */
  leave(waiter: Waiter<A>): void {
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

  /** Gives the answer to every command. */
  succeed(answer: A): void {
    const waiters = this.#takeAll()
    const share = this.split(answer, waiters.length)
    for (const { resolve } of waiters) resolve(share())
  }

  fail(error: KafkaError): void {
    for (const { reject } of this.#takeAll()) reject(error)
  }

  /** Gives what each of the owners of an answer gets, one after the other. */
  protected split(answer: A, _owners: number): () => A {
    return () => answer
  }

  #takeAll(): readonly Waiter<A>[] {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    this.#stopWatching()
    for (const waiter of waiters) waiter.command.leave(waiter)
    return waiters
  }
}
