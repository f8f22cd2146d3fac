import { type ConfigRevision, placeRevision, StoreRevisionGoneError } from '@sluice/core'
import type { Log } from '@sluice/spi'

export type Listener = (revision: ConfigRevision) => void

/** Those who are told of revisions, and the last revisions, for those who come a little late. */
export class Listeners {
  readonly #log: Log
  readonly #keptRevisions: number
  readonly #listeners = new Set<Listener>()
  #revisions: ConfigRevision[] = []
  #since: number

  /** @param since the revision whose successors are told */
  constructor(since: number, log: Log, keptRevisions = 1000) {
    this.#since = since
    this.#log = log
    this.#keptRevisions = keptRevisions
  }

  tell(revision: ConfigRevision): void {
    this.#revisions.push(revision)
    // Now and then, so that it costs little for each.
    if (this.#revisions.length > this.#keptRevisions * 2) {
      const gone = this.#revisions.splice(0, this.#revisions.length - this.#keptRevisions)
      this.#since = gone.at(-1)?.revision ?? this.#since
    }
    for (const listener of this.#listeners) this.#call(listener, revision)
  }

  /** @throws STORE_REVISION_GONE */
  add(since: number, listener: Listener): () => void {
    if (since < this.#since) throw new StoreRevisionGoneError(this.#since)
    let served = since
    // One function may listen twice.
    const own: Listener = (revision) => {
      // Nothing is missing here: only what the listener has already is left out.
      if (placeRevision(revision, served) === 'known') return
      served = revision.revision
      listener(revision)
    }
    for (const revision of this.#revisions) this.#call(own, revision)
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  clear(): void {
    this.#listeners.clear()
  }

  #call(listener: Listener, revision: ConfigRevision): void {
    try {
      listener(revision)
    } catch (err) {
      this.#log.error({ err }, 'a listener of the configuration store failed')
    }
  }
}
