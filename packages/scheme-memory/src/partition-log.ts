import { MemoryOffsetOutOfRange } from './errors.ts'
import type { KafkaMessage } from './generated/memory.ts'

/** The newest records of one partition. */
export class PartitionLog {
  readonly #place: { readonly topic: string; readonly partition: number; readonly maxRecords: number }
  readonly #records: KafkaMessage[] = []
  readonly #followers = new Set<() => void>()
  #end = 0n

  constructor(topic: string, partition: number, maxRecords: number) {
    this.#place = { topic, partition, maxRecords }
  }

  /** Offset of the first record that is left. */
  get start(): bigint {
    return this.#end - BigInt(this.#records.length)
  }

  /** Offset of the next record. */
  get end(): bigint {
    return this.#end
  }

  append({ key, value }: Pick<KafkaMessage, 'key' | 'value'>): bigint {
    const offset = this.#end++
    this.#records.push({ offset, timestamp: BigInt(Date.now()), key, value })
    if (this.#records.length > this.#place.maxRecords) this.#records.shift()
    for (const follower of this.#followers) follower()
    return offset
  }

  /** @throws MEMORY_OFFSET_OUT_OF_RANGE */
  read(offset: bigint, atMost: number): readonly KafkaMessage[] {
    if (offset < this.start || offset > this.#end) {
      const { partition, topic } = this.#place
      throw new MemoryOffsetOutOfRange(partition, topic, offset, this.start, this.#end)
    }
    const first = Number(offset - this.start)
    return this.#records.slice(first, first + atMost)
  }

  /** Offset of the first record at or after a time in milliseconds; -1 where there is none. */
  offsetAt(timestamp: bigint): bigint {
    return this.#records.find((record) => record.timestamp >= timestamp)?.offset ?? -1n
  }

  /** Tells of each record that is appended, until the function that it gives is called. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }
}
