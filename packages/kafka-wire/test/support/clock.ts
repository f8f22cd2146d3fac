import type { TestContext } from 'node:test'

/** Time that passes only when a test says so, for timers and `performance.now()`. */
export interface Clock {
  readonly now: number
  /** Lets time pass, and what it sets off run. */
  advance(ms: number): Promise<void>
}

/** Stops the time of one test. */
export function stopClock(t: TestContext): Clock {
  let now = 1_000_000
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  return {
    get now() {
      return now
    },
    async advance(ms) {
      now += ms
      t.mock.timers.tick(ms)
      await turns()
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
