interface Entry<V> {
  readonly key: string
  readonly value: V
  round: number
}

/**
 * A queue by turns: in each round every asker has one entry, in the order in which they came. One that asks for much waits
 * behind its own; one that asks for little is not kept waiting by it.
 */
export class FairQueue<V> {
  readonly #entries = new Map<string, Entry<V>>()
  /** Each in the order in which they came. */
  readonly #rounds = new Map<number, Set<Entry<V>>>()
  /** The last round in which an asker has had an entry. */
  readonly #lastOf = new WeakMap<object, number>()
  /** No entry is in an earlier or a later one. */
  #first = 0
  #last = 0

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** Adds what is not there yet at the end of the asker's own. */
  add(key: string, value: V, asker: object): void {
    const entry = { key, value, round: this.#take(asker) }
    this.#entries.set(key, entry)
    this.#entriesOf(entry.round).add(entry)
  }

  /** Notes that somebody else wants the same: it comes as early as if that one alone had asked. */
  join(key: string, asker: object): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#next(asker) >= entry.round) return
    this.#leave(entry)
    entry.round = this.#take(asker)
    this.#entriesOf(entry.round).add(entry)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#leave(entry)
  }

  /** Shows what is next first, which may be deleted meanwhile, until `look` returns false. */
  visit(look: (key: string, value: V) => boolean): void {
    for (let round = this.#first; round <= this.#last; round++) {
      const entries = this.#rounds.get(round)
      if (entries === undefined) continue
      for (const { key, value } of entries) if (!look(key, value)) return
    }
  }

  #next(asker: object): number {
    return Math.max(this.#first, (this.#lastOf.get(asker) ?? -1) + 1)
  }

  #take(asker: object): number {
    const round = this.#next(asker)
    this.#lastOf.set(asker, round)
    this.#last = Math.max(this.#last, round)
    return round
  }

  #entriesOf(round: number): Set<Entry<V>> {
    const known = this.#rounds.get(round)
    if (known !== undefined) return known
    const entries = new Set<Entry<V>>()
    this.#rounds.set(round, entries)
    return entries
  }

  #leave(entry: Entry<V>): void {
    const entries = this.#rounds.get(entry.round)
    if (entries?.delete(entry) && entries.size === 0) this.#rounds.delete(entry.round)
    while (this.#first < this.#last && !this.#rounds.has(this.#first)) this.#first++
  }
}
