/**
 * Things that are over at a deadline. They are added in the order of their deadlines, as commands with one time-out are, so
 * that one timer serves all. There are few at once: lists cost less than a map that is filled and emptied for each.
 */
export class Deadlines<T> {
  #items: T[] = []
  #deadlines: number[] = []
  readonly #expire: (item: T) => void
  #timer: NodeJS.Timeout | undefined

  /** @param expire called with each item whose deadline has passed; the item is no longer here */
  constructor(expire: (item: T) => void) {
    this.#expire = expire
  }

  /** @param deadline in milliseconds of `performance.now()`, not before that of the items added earlier */
  add(item: T, deadline: number): void {
    this.#items.push(item)
    this.#deadlines.push(deadline)
    this.#arm()
  }

  delete(item: T): void {
    // The timer stays: setting one for each item would cost more than one that finds nothing to do.
    const index = this.#items.indexOf(item)
    if (index === -1) return
    this.#items.splice(index, 1)
    this.#deadlines.splice(index, 1)
  }

  /** Ends all waiting and gives what was left. */
  clear(): readonly T[] {
    clearTimeout(this.#timer)
    const items = this.#items
    this.#items = []
    this.#deadlines = []
    return items
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const [earliest] = this.#deadlines
    if (earliest === undefined) return
    this.#timer = setTimeout(() => this.#run(), Math.max(earliest - performance.now(), 0) + 1)
    this.#timer.unref()
  }

  #run(): void {
    this.#timer = undefined
    const now = performance.now()
    const over = this.#deadlines.findIndex((deadline) => deadline > now)
    const count = over === -1 ? this.#items.length : over
    this.#deadlines.splice(0, count)
    for (const item of this.#items.splice(0, count)) this.#expire(item)
    this.#arm()
  }
}
