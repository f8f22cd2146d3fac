import { KafkaError } from '@sluice/kafka-wire'
import { type Call, type CommandHandlers, encoded } from '@sluice/pubsub'
import type { Metrics } from '@sluice/spi'
import type { Static } from 'typebox'
import type { FetchedMessages, FetchRequest, KafkaReader } from './client.ts'
import { type Action, commandError } from './errors.ts'
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

  const ask = async <T>(action: Action, topic: string, partition: number, request: () => Promise<T>): Promise<T> => {
    inFlight.add(1)
    try {
      return await request()
    } catch (cause) {
      throw commandError(action, topic, partition, cause)
    } finally {
      inFlight.add(-1)
    }
  }
  const bounds = (call: Call) => ({
    isolation,
    deadline: call.deadline - graceMs,
    onAbort: (giveUp: () => void) => call.onAbort(giveUp),
  })

  const fetchAfter = async (
    positions: ReadPositions,
    request: Omit<FetchRequest, 'after'>,
  ): Promise<FetchedMessages> => {
    const { topic, partition } = request
    try {
      const fetched = await reader.fetch({ ...request, after: positions.get(topic, partition) })
      if (fetched.position !== undefined) positions.set(topic, partition, fetched.position)
      return fetched
    } catch (error) {
      if (endsPosition(error)) positions.forget(topic, partition)
      throw error
    }
  }

  return () => {
    const positions = new ReadPositions()
    return {
      async cmd_kafka_fetch({ topic, partition, offset, max_bytes: asked, max_wait_ms: waitMs }, call) {
        const maxBytes = call.reserve(asked > 0 ? Math.min(asked, routeMaxBytes) : routeMaxBytes)
        const maxWaitMs = Math.min(Math.max(waitMs, 0), longestWaitMs)
        const fetched = await ask('fetch message', topic, partition, () =>
          fetchAfter(positions, { topic, partition, offset, maxBytes, maxWaitMs, ...bounds(call) }),
        )
        records.add(fetched.recordCount)
        const { bytes, headroom } = fetched
        return encoded('kafka_fetch_resp', {
          chunks: [bytes],
          byteLength: bytes.length,
          headroom,
          release: () => fetched.release(),
        })
      },

      async cmd_kafka_list_offset({ topic, partition, timestamp }, call) {
        const offset = await ask('list offset', topic, partition, () =>
          reader.listOffset({ topic, partition, timestamp, ...bounds(call) }),
        )
        return { kafka_list_offset_resp: { offset } }
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
