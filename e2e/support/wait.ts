/**
 * Waits until a question that is asked over the network has the answer awaited, and gives it. Gives up after a minute, for
 * a test that hangs says less than one that fails.
 */
export async function waitFor<T>(what: string, ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  const giveUp = performance.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    if (performance.now() > giveUp) throw new Error(`${what}: still ${String(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
