import { setTimeout as delay } from 'node:timers/promises'
import type { PubSubClient } from '@sluice/harness'
import { assertNumbered } from './numbered-records.ts'

/** A client that reads numbered records one fetch after the other, and asks again after an ErrorResp, as clients do. */
export interface NumberedReader {
  /** The number of records it has, all in order and right. */
  readonly read: number
  /** Every ErrorResp, in the order they came. */
  readonly errors: readonly { readonly code: number; readonly message: string }[]
  /** Milliseconds of the longest time between two answers that brought records, since this was asked for the last time. */
  takeLongestGap(): number
  /** Resolves when it has so many; rejects as soon as it reads something wrong. */
  readUpTo(amount: number): Promise<void>
  /** Resolves after its last answer; rejects if something it read was wrong. */
  stop(): Promise<void>
}

const retryMs = 50

/** Starts to read partition 0 of a topic from the first record on. */
export function startNumberedReader(client: PubSubClient, topic: string): NumberedReader {
  const errors: { readonly code: number; readonly message: string }[] = []
  const waiting = new Map<() => void, number>()
  let read = 0
  let longestGap = 0
  let lastRecords = performance.now()
  let stopped = false

  const fetchOnce = async (): Promise<void> => {
    const range = { topic, partition: 0, offset: BigInt(read), max_bytes: 65_536, max_wait_ms: 500 }
    const { kafka_fetch_resp: fetched, error_resp: error } = await client.request({ cmd_kafka_fetch: range })
    if (error !== undefined) {
      errors.push(error)
      await delay(retryMs)
      return
    }
    const messages = fetched?.messages ?? []
    assertNumbered(messages, read)
    if (messages.length === 0) return
    read += messages.length
    longestGap = Math.max(longestGap, performance.now() - lastRecords)
    lastRecords = performance.now()
    for (const [resolve, amount] of waiting) if (read >= amount && waiting.delete(resolve)) resolve()
  }
  const reading = (async () => {
    while (!stopped) await fetchOnce()
  })()
  // Whoever waits for it sees the failure.
  reading.catch(() => {})

  return {
    errors,
    get read() {
      return read
    },
    takeLongestGap() {
      const gap = longestGap
      longestGap = 0
      lastRecords = performance.now()
      return gap
    },
    async readUpTo(amount) {
      if (read >= amount) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.set(resolve, amount)
      await Promise.race([promise, reading])
    },
    async stop() {
      stopped = true
      await reading
    },
  }
}
