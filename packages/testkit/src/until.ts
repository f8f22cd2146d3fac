const patienceMs = 10_000

/** Waits until something holds, for what comes about in its own time, such as the end of a connection. @public */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUp = performance.now() + patienceMs
  while (!holds()) {
    if (performance.now() > giveUp) throw new Error(`${what}: not within ${patienceMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
