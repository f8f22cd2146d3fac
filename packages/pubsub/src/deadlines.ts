/**
 * Things that are over at a deadline. They are added in the order of their deadlines, as commands with one time-out are, so
 * that one timer serves all.
 */
export class Deadlines<T> {
  readonly #deadlines = new Map<T, number>()
  readonly #expire: (item: T) => void
  #timer: NodeJS.Timeout | undefined

  /** @param expire called with each item whose deadline has passed; the item is no longer here */
  constructor(expire: (item: T) => void) {
    this.#expire = expire
  }

  /** @param deadline in milliseconds of `performance.now()`, not before that of the items added earlier */
  add(item: T, deadline: number): void {
    this.#deadlines.set(item, deadline)
    this.#arm()
  }

  delete(item: T): void {
    // The timer stays: setting one for each item would cost more than one that finds nothing to do.
    this.#deadlines.delete(item)
  }

  /** Ends all waiting and gives what was left. */
  clear(): readonly T[] {
    clearTimeout(this.#timer)
    const items = [...this.#deadlines.keys()]
    this.#deadlines.clear()
    return items
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const [earliest] = this.#deadlines.values()
    if (earliest === undefined) return
    this.#timer = setTimeout(() => this.#run(), Math.max(earliest - performance.now(), 0) + 1)
    this.#timer.unref()
  }

  #run(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [item, deadline] of this.#deadlines) {
      if (deadline > now) break
      this.#deadlines.delete(item)
      this.#expire(item)
    }
    this.#arm()
  }
}
