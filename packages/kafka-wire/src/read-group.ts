import type { PartitionRead } from './shared-read.ts'

/**
 * Reads that may go in one request: it has one isolation level, one rack, each partition once and, as topics are named by
 * their ids, one id for each topic.
 */
export class ReadGroup {
  readonly reads: PartitionRead[] = []
  readonly #topics = new Map<string, { readonly topicId: string | undefined; readonly partitions: Set<number> }>()

  /** Takes a read in; false when it does not fit. */
  add(read: PartitionRead): boolean {
    const { topic, topicId, partition, isolation, rackId } = read
    const [first] = this.reads
    if (first !== undefined && (first.isolation !== isolation || first.rackId !== rackId)) return false
    const known = this.#topics.get(topic)
    if (known === undefined) this.#topics.set(topic, { topicId, partitions: new Set([partition]) })
    else if (known.topicId !== topicId || known.partitions.has(partition)) return false
    else known.partitions.add(partition)
    this.reads.push(read)
    return true
  }
}
