import type { KafkaMessage } from './generated/memory.ts'
import type { PartitionLog } from './partition-log.ts'

/** Sends records to one client as they come, as fast as it takes them; gives the function that ends it. */
export function subscribe(log: PartitionLog, from: bigint, send: (messages: readonly KafkaMessage[]) => boolean) {
  let next = from
  const goOn = (): void => {
    // What was dropped before a slow client took it is passed over.
    if (next < log.start) next = log.start
    while (next < log.end) {
      const messages = log.read(next, 100)
      next += BigInt(messages.length)
      if (!send(messages)) return
    }
  }
  return { goOn, end: log.follow(goOn) }
}
