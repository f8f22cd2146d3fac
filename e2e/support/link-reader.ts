import { setTimeout as delay } from 'node:timers/promises'
import type { PubSubClient } from '@sluice/harness'
import { assertNumbered } from './numbered-records.ts'

/** A client that reads a topic of numbered records over and over, and checks all it gets. */
export interface LinkReader {
  /** Rejects when something was wrong; never resolves. */
  readonly failed: Promise<never>
  /** Records got so far, all of them right. */
  readonly delivered: number
  /** Resolves at the next answer that brings records. */
  nextRecords(): Promise<void>
  /** Resolves after the last answer with the number of those that were an ErrorResp. */
  stop(): Promise<number>
}

const retryMs = 50

/** Starts to read partition 0 of a topic that holds this many records. */
export function startLinkReader(client: PubSubClient, topic: string, records: number): LinkReader {
  let [next, errors, delivered] = [0, 0, 0]
  let stopped = false
  let gotRecords = Promise.withResolvers<void>()

  const fetchOnce = async (): Promise<void> => {
    const range = { topic, partition: 0, offset: BigInt(next), max_bytes: 20_000 }
    const { kafka_fetch_resp: fetched } = await client.request({ cmd_kafka_fetch: range })
    if (fetched === undefined) {
      errors++
      await delay(retryMs)
      return
    }
    assertNumbered(fetched.messages, next)
    if (fetched.messages.length === 0) throw new Error(`nothing at offset ${next} of ${records} records`)
    delivered += fetched.messages.length
    next = (next + fetched.messages.length) % records
    gotRecords.resolve()
    gotRecords = Promise.withResolvers()
  }
  const reading = (async () => {
    while (!stopped) await fetchOnce()
  })()
  const failed = new Promise<never>((_, reject) => reading.catch(reject))
  failed.catch(() => {})

  return {
    failed,
    get delivered() {
      return delivered
    },
    nextRecords: () => Promise.race([gotRecords.promise, failed]),
    async stop() {
      stopped = true
      await reading
      return errors
    },
  }
}
