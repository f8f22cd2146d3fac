/** A clock that stands still until a test moves it. */
export class ManualClock {
  #now = 1_700_000_000_000
  #timers: { readonly due: number; readonly callback: () => void }[] = []

  readonly now = (): number => this.#now

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { due: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves on, and runs what is due by then. */
  advance(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter((timer) => timer.due <= this.#now)
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now)
    for (const { callback } of due) callback()
  }
}
