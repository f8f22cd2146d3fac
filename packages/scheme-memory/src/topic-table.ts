import type { Static } from 'typebox'
import { MemoryPartitionNotFound, MemoryTopicNotFound } from './errors.ts'
import type { MemoryOptions } from './options.ts'
import { PartitionLog } from './partition-log.ts'

/** The topics of one upstream. */
export class TopicTable {
  readonly #options: Static<typeof MemoryOptions>
  readonly #topics = new Map<string, readonly PartitionLog[]>()

  constructor(options: Static<typeof MemoryOptions>) {
    this.#options = options
    for (const [topic, values] of Object.entries(options.topics)) {
      const log = this.partition(topic, 0, true)
      for (const value of values) log.append({ key: Buffer.alloc(0), value: Buffer.from(value) })
    }
  }

  /** @throws MEMORY_TOPIC_NOT_FOUND unless it may be made, MEMORY_PARTITION_NOT_FOUND */
  partition(topic: string, partition: number, isMade = false): PartitionLog {
    const { max_records: maxRecords, partitions } = this.#options
    if (partition < 0 || partition >= partitions) throw new MemoryPartitionNotFound(topic, partition, partitions - 1)
    const known = this.#topics.get(topic)
    if (known === undefined && !isMade) throw new MemoryTopicNotFound(topic)
    const logs = known ?? Array.from({ length: partitions }, (_, index) => new PartitionLog(topic, index, maxRecords))
    this.#topics.set(topic, logs)
    return logs[partition] ?? new PartitionLog(topic, partition, maxRecords)
  }
}
