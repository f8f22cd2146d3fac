import { gaveNothing, releaseResult, toPartitionAnswer } from './fetch-outcome.ts'
import type { LanesOptions } from './lanes.ts'
import type { FetchResult } from './messages/fetch-answer.ts'
import { FetchTemplates } from './messages/fetch-template.ts'
import { type FetcherOptions, MOST_BYTES, sendFetch, type Transcoded } from './partition-fetcher.ts'
import { ReadGroup } from './read-group.ts'
import { RequestQueue } from './request-queue.ts'
import { isEqualRead, keyOf, type PartitionAnswer, type PartitionRead, SharedRead } from './shared-read.ts'

/** The fetches to one broker that are answered at once. */
export type FetchQueue = RequestQueue<PartitionRead, FetchResult<Transcoded>, PartitionAnswer>

const MOST_PARTITIONS = 64

/** Reads of one request, as many and as large as a broker is asked for at once. */
class BoundedGroup extends ReadGroup {
  #bytes = 0

  override add(read: PartitionRead): boolean {
    const count = this.reads.length
    if (count === MOST_PARTITIONS || (count > 0 && this.#bytes + read.maxBytes > MOST_BYTES)) return false
    if (!super.add(read)) return false
    this.#bytes += read.maxBytes
    return true
  }
}

export function createFetchQueue(options: LanesOptions & FetcherOptions): FetchQueue {
  const templates = new FetchTemplates()
  return new RequestQueue(options, {
    apiName: 'Fetch',
    keyOf,
    isEqual: isEqualRead,
    share: (read, onAbandoned) => new SharedRead(read, onAbandoned),
    compose: () => new BoundedGroup(),
    send: (ready, reads, command) => sendFetch(ready, { reads, maxWaitMs: 0, templates }, command, options),
    toAnswer: toPartitionAnswer,
    mustGoAlone(read, result) {
      // Beside others a batch larger than the limit comes cut off, or not at all.
      if (!gaveNothing(read, result)) return false
      releaseResult(result)
      return true
    },
  })
}
