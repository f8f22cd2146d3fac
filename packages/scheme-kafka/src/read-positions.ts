import type { FetchPosition } from '@sluice/kafka-wire'

/** Partitions remembered for one socket; each costs some hundred bytes. */
const MOST_PARTITIONS = 256

/**
 * Where a socket has read its partitions up to, so that a client which goes on there is told when the log is no longer the
 * one that it read. The partition that was read longest ago is forgotten first.
 */
export class ReadPositions {
  readonly #positions = new Map<string, FetchPosition>()

  get(topic: string, partition: number): FetchPosition | undefined {
    return this.#positions.get(keyOf(topic, partition))
  }

  set(topic: string, partition: number, position: FetchPosition): void {
    const key = keyOf(topic, partition)
    this.#positions.delete(key)
    this.#positions.set(key, position)
    if (this.#positions.size <= MOST_PARTITIONS) return
    const [oldest] = this.#positions.keys()
    if (oldest !== undefined) this.#positions.delete(oldest)
  }

  /** Forgets a partition whose log has changed: it is told once. */
  forget(topic: string, partition: number): void {
    this.#positions.delete(keyOf(topic, partition))
  }
}

const keyOf = (topic: string, partition: number): string => `${partition} ${topic}`
