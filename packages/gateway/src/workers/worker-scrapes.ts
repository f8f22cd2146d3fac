import type { MetricFamily } from '../metric-families.ts'

type Families = readonly MetricFamily[]

/** The questions for the metrics of one worker process, and what it answered last. */
export class WorkerScrapes {
  readonly #asked = new Map<number, (families: Families | undefined) => void>()
  #count = 0
  #last: Families = []

  get last(): Families {
    return this.#last
  }

  /** Resolves with the answer, or with undefined where it does not come in time. */
  async ask(send: (scrape: number) => void, timeoutMs: number): Promise<Families | undefined> {
    const scrape = ++this.#count
    const { promise, resolve } = Promise.withResolvers<Families | undefined>()
    this.#asked.set(scrape, resolve)
    const timer = setTimeout(() => resolve(undefined), timeoutMs)
    send(scrape)
    const families = await promise
    clearTimeout(timer)
    this.#asked.delete(scrape)
    return families
  }

  answer(scrape: number, families: Families): void {
    this.#last = families
    this.#asked.get(scrape)?.(families)
  }

  /** No answer comes any more. */
  end(): void {
    for (const resolve of this.#asked.values()) resolve(undefined)
  }
}
