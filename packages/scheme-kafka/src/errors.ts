import { type ErrorOffsets, KafkaError, type KafkaErrorCode, kafkaApiErrors } from '@sluice/kafka-wire'
import { defineError, type ErrorDefinition } from '@sluice/spi'

/** `failed to fetch message, topic: T, partition: P, err: E`: the words of APISIX around what failed. */
const text = 'failed to %s, topic: %s, partition: %s, err: %s'

type Template = typeof text

const define = (code: string, reply: number): ErrorDefinition<Template> => defineError(code, { reply }, text)

/** Errors of the way to a broker and of its data, by the code of kafka-wire. `ErrorResp.code` 100 to 199. */
export const connectionErrors: Readonly<Record<KafkaErrorCode, ErrorDefinition<Template>>> = {
  KAFKA_TOPIC_NOT_FOUND: define('KAFKA_TOPIC_NOT_FOUND', 100),
  KAFKA_PARTITION_NOT_FOUND: define('KAFKA_PARTITION_NOT_FOUND', 101),
  KAFKA_DNS_FAILED: define('KAFKA_DNS_FAILED', 110),
  KAFKA_CONNECT_FAILED: define('KAFKA_CONNECT_FAILED', 111),
  KAFKA_CONNECT_TIMEOUT: define('KAFKA_CONNECT_TIMEOUT', 112),
  KAFKA_TLS_FAILED: define('KAFKA_TLS_FAILED', 113),
  KAFKA_TLS_EXPECTED: define('KAFKA_TLS_EXPECTED', 114),
  KAFKA_PLAINTEXT_EXPECTED: define('KAFKA_PLAINTEXT_EXPECTED', 115),
  KAFKA_SASL_FAILED: define('KAFKA_SASL_FAILED', 116),
  KAFKA_SASL_MECHANISM: define('KAFKA_SASL_MECHANISM', 117),
  KAFKA_BROKER_TOO_OLD: define('KAFKA_BROKER_TOO_OLD', 118),
  KAFKA_ADDRESS_REFUSED: define('KAFKA_ADDRESS_REFUSED', 119),
  KAFKA_TIMEOUT: define('KAFKA_TIMEOUT', 120),
  KAFKA_DISCONNECTED: define('KAFKA_DISCONNECTED', 121),
  KAFKA_PROTOCOL: define('KAFKA_PROTOCOL', 122),
  KAFKA_ABORTED: define('KAFKA_ABORTED', 123),
  KAFKA_CLOSED: define('KAFKA_CLOSED', 124),
  KAFKA_TOKEN_FAILED: define('KAFKA_TOKEN_FAILED', 125),
  KAFKA_CORRUPT_BATCH: define('KAFKA_CORRUPT_BATCH', 130),
  KAFKA_BATCH_TOO_LARGE: define('KAFKA_BATCH_TOO_LARGE', 131),
  KAFKA_LOG_TRUNCATED: define('KAFKA_LOG_TRUNCATED', 132),
  KAFKA_TOPIC_RECREATED: define('KAFKA_TOPIC_RECREATED', 133),
  KAFKA_DECOMPRESSION_FAILED: define('KAFKA_DECOMPRESSION_FAILED', 134),
  // A code that this version of Sluice has no name for; those that have one are in apiErrors.
  KAFKA_API_ERROR: define('KAFKA_API_ERROR', 140),
}

/** An error code that a broker answered, by its name. `ErrorResp.code` is 1000 and the code of the Kafka protocol. */
export const apiErrors: ReadonlyMap<string, ErrorDefinition<Template>> = new Map(
  kafkaApiErrors.map(({ name, code }) => [name, define(`KAFKA_${name}`, 1000 + code)]),
)

/** What a client did in the words of APISIX's errors. */
export type Action = 'fetch message' | 'list offset'

/** The answer to a command that kafka-wire could not carry out; anything else than a KafkaError is given back as it is. */
export function commandError(action: Action, topic: string, partition: number, cause: unknown): unknown {
  if (!(cause instanceof KafkaError)) return cause
  const named = cause.code === 'KAFKA_API_ERROR' ? apiErrors.get(cause.apiError ?? '') : undefined
  const Definition = named ?? connectionErrors[cause.code]
  const details = cause.offsets && errorFields(cause.offsets)
  return new Definition(action, topic, partition, cause.message, details === undefined ? { cause } : { cause, details })
}

/** The fields of ErrorResp that help a client to go on. */
function errorFields({ logStart, highWatermark, badFrom, next }: ErrorOffsets): Readonly<Record<string, bigint>> {
  return {
    ...(logStart === undefined ? {} : { log_start_offset: logStart }),
    ...(highWatermark === undefined ? {} : { high_watermark: highWatermark }),
    ...(badFrom === undefined ? {} : { bad_offset: badFrom }),
    ...(next === undefined ? {} : { next_offset: next }),
  }
}
