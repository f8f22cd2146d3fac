import type { Reader } from './reader.ts'

/** Single records read one after the other. */
export interface LatencyJob {
  /** Of a topic whose batches hold one record each. */
  readonly recordCount: number
  readonly requests: number
}

/** How long each request took, in milliseconds. */
export type LatencyResult = readonly number[]

/** From one offset to the next: coprime to the number of records, so that they are spread over the topic and each is met. */
export const STRIDE = 7919

/**
 * Reads one record with each fetch, the next when the last is there.
 *
 * @throws {Error} when an answer has another number of records
 */
export async function measureLatency(reader: Reader, { recordCount, requests }: LatencyJob): Promise<LatencyResult> {
  const times: number[] = []
  let offset = 0
  for (let i = 0; i < requests; i++) {
    const started = performance.now()
    // Kafka sends the first batch whole, however small the limit is.
    const answer = await reader.fetch(offset, 1)
    times.push(performance.now() - started)
    if (answer.recordCount !== 1) throw new Error(`a fetch of one record gave ${answer.recordCount}`)
    offset = (offset + STRIDE) % recordCount
  }
  return times
}
