/** What a test context, a suite or `node:test` itself offers: `after`. */
interface HasAfter {
  after(hook: () => Promise<void>): void
}

export interface CleanUp {
  /** Runs `undo` when the test ends; the one registered last runs first. Returns nothing, so it can end a line that opens something. */
  defer(undo: () => unknown): void
  /** Runs what was registered, now; every step runs, and what failed is thrown together at the end. May be called twice. */
  run(): Promise<void>
}

/** A stack of steps to undo; for use outside a test. */
export function createCleanUp(): CleanUp {
  const steps: (() => unknown)[] = []
  return {
    defer(undo) {
      steps.push(undo)
    },
    async run() {
      const failures: unknown[] = []
      for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
        try {
          await undo()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length === 1) throw failures[0]
      if (failures.length > 1) throw new AggregateError(failures, `${failures.length} steps of the clean-up failed`)
    },
  }
}

/**
 * Registers clean-up where a thing is opened: `cleanUpAfter(t).defer(() => server.close())`. Node runs `after` hooks in the
 * order they were added; things opened later usually depend on things opened earlier, so this runs them in the opposite order.
 *
 * @param context the `t` of a test or, for a whole file, the module `node:test` itself (`{ after }`)
 */
export function cleanUpAfter(context: HasAfter): CleanUp {
  const cleanUp = createCleanUp()
  context.after(() => cleanUp.run())
  return cleanUp
}
