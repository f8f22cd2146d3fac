import type { PartitionRead } from './shared-read.ts'

/**
 * Reads that may go in one request: it has one isolation level, one rack, each partition once and, as topics are named by
 * their ids, one id for each topic.
 */
export class ReadGroup {
  readonly reads: PartitionRead[] = []
  readonly #partitions = new Set<string>()
  readonly #topicIds = new Map<string, string | undefined>()

  /** Takes a read in; false when it does not fit. */
  add(read: PartitionRead): boolean {
    const { topic, topicId, partition, isolation, rackId } = read
    const [first] = this.reads
    if (first !== undefined && (first.isolation !== isolation || first.rackId !== rackId)) return false
    if (this.#topicIds.has(topic) && this.#topicIds.get(topic) !== topicId) return false
    const name = `${partition} ${topic}`
    if (this.#partitions.has(name)) return false
    this.#topicIds.set(topic, topicId)
    this.#partitions.add(name)
    this.reads.push(read)
    return true
  }
}
