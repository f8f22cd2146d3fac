import { KafkaError } from '@sluice/kafka-wire'
import { type Call, type CommandHandlers, encoded } from '@sluice/pubsub'
import type { Metrics } from '@sluice/spi'
import type { Static } from 'typebox'
import type { KafkaReader } from './client.ts'
import { commandError } from './errors.ts'
import type { KafkaProtocol } from './generated/pubsub.ts'
import type { KafkaOptions } from './options.ts'
import { ReadPositions } from './read-positions.ts'

// kafka-wire gives up first, with an error that names the broker; the core's own time-out is the net below it.
const graceMs = 1000

/** When the core gives a command up, in milliseconds. */
export const coreTimeoutMs = ({ command_timeout_ms: timeoutMs }: Static<typeof KafkaOptions>): number =>
  timeoutMs + graceMs

/** Gives each session its commands of the kafka scheme, over a reader that the sessions of one upstream share. */
export function createCommands(
  reader: KafkaReader,
  options: Static<typeof KafkaOptions>,
  metrics: Metrics,
): () => CommandHandlers<KafkaProtocol> {
  const { isolation, fetch_max_bytes: routeMaxBytes, command_timeout_ms: timeoutMs } = options
  // An answer without messages has to be on its way before the command is given up.
  const longestWaitMs = timeoutMs - Math.min(graceMs, timeoutMs / 2)
  const records = metrics.counter('kafka_records_total', 'Records delivered to clients')
  const inFlight = metrics.gauge('kafka_commands_in_flight', 'Commands that wait for a broker')

  const bounds = (call: Call, asker: object) => ({
    isolation,
    asker,
    deadline: call.deadline - graceMs,
    onAbort: (giveUp: () => void) => call.onAbort(giveUp),
  })
  /** Makes an answer of what a broker gives; without a wait of its own, for each counts in the latency of a small fetch. */
  const answer = <T, A>(asked: Promise<T>, toAnswer: (given: T) => A, toError: (cause: unknown) => unknown) => {
    inFlight.add(1)
    return asked.then(
      (given) => {
        inFlight.add(-1)
        return toAnswer(given)
      },
      (cause: unknown) => {
        inFlight.add(-1)
        throw toError(cause)
      },
    )
  }

  return () => {
    const positions = new ReadPositions()
    return {
      cmd_kafka_fetch({ topic, partition, offset, max_bytes: asked, max_wait_ms: waitMs }, call) {
        const maxBytes = call.reserve(asked > 0 ? Math.min(asked, routeMaxBytes) : routeMaxBytes)
        const maxWaitMs = Math.min(Math.max(waitMs, 0), longestWaitMs)
        const after = positions.get(topic, partition)
        return answer(
          reader.fetch({ topic, partition, offset, maxBytes, maxWaitMs, after, ...bounds(call, positions) }),
          (fetched) => {
            if (fetched.position !== undefined) positions.set(topic, partition, fetched.position)
            records.add(fetched.recordCount)
            const { bytes, headroom } = fetched
            const release = (): void => fetched.release()
            return encoded('kafka_fetch_resp', { chunks: [bytes], byteLength: bytes.length, headroom, release })
          },
          (cause) => {
            if (endsPosition(cause)) positions.forget(topic, partition)
            return commandError('fetch message', topic, partition, cause)
          },
        )
      },

      cmd_kafka_list_offset({ topic, partition, timestamp }, call) {
        return answer(
          reader.listOffset({ topic, partition, timestamp, ...bounds(call, positions) }),
          (offset) => ({ kafka_list_offset_resp: { offset } }),
          (cause) => commandError('list offset', topic, partition, cause),
        )
      },
    }
  }
}

/**
 * Whether a fetch says that the log is another one. Out of range may say it too: so a broker answers where it cannot tell
 * the end of the epoch that was read, and the same fetch must not fail for ever.
 */
function endsPosition(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false
  const { code, apiError } = error
  return code === 'KAFKA_LOG_TRUNCATED' || code === 'KAFKA_TOPIC_RECREATED' || apiError === 'OFFSET_OUT_OF_RANGE'
}
