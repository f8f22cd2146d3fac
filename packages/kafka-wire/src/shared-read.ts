import type { FetchHeader } from './messages/fetch-answer.ts'
import type { PartitionQuestion } from './messages/fetch-question.ts'
import { SharedQuestion } from './shared-question.ts'
import type { Isolation, TranscodeResult } from './transcode.ts'

/** What is read of one partition. */
export interface PartitionRead extends PartitionQuestion {
  readonly isolation: Isolation
  readonly rackId: string
}

/** What a broker gave for it. */
export interface PartitionAnswer {
  readonly broker: string
  readonly header: FetchHeader
  /** Undefined when the broker answered with an error; to be released by whoever gets it. */
  readonly records: TranscodeResult | undefined
}

/** Reads with one key are the same question: one answer serves them all. */
export function keyOf(read: PartitionRead): string {
  const { topic, topicId, partition, leaderEpoch, lastFetchedEpoch, offset, maxBytes, isolation, rackId } = read
  return `${partition} ${offset} ${maxBytes} ${leaderEpoch} ${lastFetchedEpoch} ${isolation} ${topicId} ${topic} ${rackId}`
}

/** Whether their keys are equal, for a few reads at less cost. */
export function isEqualRead(one: PartitionRead, other: PartitionRead): boolean {
  return (
    one.partition === other.partition &&
    one.offset === other.offset &&
    one.topic === other.topic &&
    one.topicId === other.topicId &&
    one.maxBytes === other.maxBytes &&
    one.isolation === other.isolation &&
    one.leaderEpoch === other.leaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.rackId === other.rackId
  )
}

/** One read that several commands wait for. Its answer is encoded once; each gets the same bytes. */
export class SharedRead extends SharedQuestion<PartitionAnswer> {
  readonly read: PartitionRead

  /** @param onAbandoned called when the last command has left before the answer */
  constructor(read: PartitionRead, onAbandoned: () => void) {
    super(onAbandoned)
    this.read = read
  }

  /** Where none is left who waits, the records are released. */
  protected override split({ broker, header, records }: PartitionAnswer, owners: number): () => PartitionAnswer {
    if (records === undefined) return () => ({ broker, header, records })
    const share = shareRecords(records, owners)
    return () => ({ broker, header, records: share() })
  }
}

/** Splits records among owners, the last of whom to release gives the memory back. */
function shareRecords(records: TranscodeResult, owners: number): () => TranscodeResult {
  if (owners === 1) return () => records
  let left = owners
  if (left === 0) records.release()
  return () => {
    let released = false
    // What stands in front of the body differs from owner to owner, so that nobody may write there.
    return {
      ...records,
      headroom: 0,
      release() {
        if (released) return
        released = true
        left--
        if (left === 0) records.release()
      },
    }
  }
}
