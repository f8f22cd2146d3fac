import { definePubSubScheme } from '@sluice/pubsub'
import type { Scheme } from '@sluice/spi'
import { type CreateReader, createKafkaReader } from './client.ts'
import { coreTimeoutMs, createCommands } from './commands.ts'
import { kafkaAccess } from './context.ts'
import { pubsub } from './generated/pubsub.ts'
import { KafkaOptions } from './options.ts'
import { warnAboutPlainPassword } from './plain-password.ts'
import { testUpstream } from './test-upstream.ts'

/** Reads Kafka over the pub/sub protocol; broker connections are shared by all clients of one cluster and credentials. */
export const kafkaScheme = (createReader: CreateReader): Scheme =>
  definePubSubScheme({
    name: 'kafka',
    proto: pubsub,
    options: KafkaOptions,
    records: { kafka_fetch_resp: 'messages' },
    identity: (values) => [values.get(kafkaAccess)] as const,
    commandTimeoutMs: coreTimeoutMs,
    example: '{"sequence":"1","cmd_kafka_fetch":{"topic":"my-topic","partition":0,"offset":"0"}}',
    upstream({ nodes, tls, timeouts, options, identity: [access], env }) {
      warnAboutPlainPassword(env.log, nodes, tls, access)
      const { connectMs: connectTimeoutMs } = timeouts
      const { cache_bytes: cacheBytes, command_timeout_ms: commandTimeoutMs, rack } = options
      const reader = createReader({ nodes, tls, access, connectTimeoutMs, commandTimeoutMs, rack, cacheBytes, env })
      const commands = createCommands(reader, options, env.metrics)
      return { session: () => ({ commands: commands() }), close: () => reader.close() }
    },
    testUpstream,
  })

export default kafkaScheme(createKafkaReader)
