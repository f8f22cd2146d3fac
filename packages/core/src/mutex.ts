/** Runs tasks one after the other. */
export interface Mutex {
  run<T>(task: () => Promise<T>): Promise<T>
}

/** Makes a mutex; a task that fails does not hold up the next. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(task) {
      const result = last.then(task)
      last = result.catch(() => {})
      return result
    },
  }
}
