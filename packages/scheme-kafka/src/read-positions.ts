import type { FetchPosition } from '@sluice/kafka-wire'

/** Partitions remembered for one socket; each costs some hundred bytes. */
const MOST_PARTITIONS = 256

interface ReadPartition {
  readonly topic: string
  readonly partition: number
  position: FetchPosition
}

/**
 * Where a socket has read its partitions up to, so that a client which goes on there is told when the log is no longer the
 * one that it read. The partition that was read longest ago is forgotten first.
 */
export class ReadPositions {
  readonly #partitions = new Map<string, ReadPartition>()
  /** The one that was read last: most clients read one, for which a key need not be made each time. */
  #latest: ReadPartition | undefined

  get(topic: string, partition: number): FetchPosition | undefined {
    return (this.#ifLatest(topic, partition) ?? this.#partitions.get(keyOf(topic, partition)))?.position
  }

  set(topic: string, partition: number, position: FetchPosition): void {
    const latest = this.#ifLatest(topic, partition)
    if (latest === undefined) this.#add({ topic, partition, position })
    else latest.position = position
  }

  /** Forgets a partition whose log has changed: it is told once. */
  forget(topic: string, partition: number): void {
    if (this.#ifLatest(topic, partition) !== undefined) this.#latest = undefined
    this.#partitions.delete(keyOf(topic, partition))
  }

  #ifLatest(topic: string, partition: number): ReadPartition | undefined {
    const latest = this.#latest
    return latest !== undefined && latest.partition === partition && latest.topic === topic ? latest : undefined
  }

  #add(read: ReadPartition): void {
    const key = keyOf(read.topic, read.partition)
    this.#partitions.delete(key)
    this.#partitions.set(key, read)
    this.#latest = read
    if (this.#partitions.size <= MOST_PARTITIONS) return
    const [oldest] = this.#partitions.keys()
    if (oldest !== undefined) this.#partitions.delete(oldest)
  }
}

const keyOf = (topic: string, partition: number): string => `${partition} ${topic}`
