/** Where a store takes the time from. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /** Calls back after so many milliseconds; the function that it returns calls that off. */
  after(ms: number, callback: () => void): () => void
}

/** The time of the machine; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref()
    return () => clearTimeout(timer)
  },
}
