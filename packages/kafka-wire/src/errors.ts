/** What can go wrong between the gateway and a Kafka cluster. */
export type KafkaErrorCode =
  | 'KAFKA_ABORTED'
  | 'KAFKA_ADDRESS_REFUSED'
  | 'KAFKA_API_ERROR'
  | 'KAFKA_BATCH_TOO_LARGE'
  | 'KAFKA_BROKER_TOO_OLD'
  | 'KAFKA_CLOSED'
  | 'KAFKA_CONNECT_FAILED'
  | 'KAFKA_CONNECT_TIMEOUT'
  | 'KAFKA_CORRUPT_BATCH'
  | 'KAFKA_DECOMPRESSION_FAILED'
  | 'KAFKA_DISCONNECTED'
  | 'KAFKA_DNS_FAILED'
  | 'KAFKA_LOG_TRUNCATED'
  | 'KAFKA_PARTITION_NOT_FOUND'
  | 'KAFKA_PLAINTEXT_EXPECTED'
  | 'KAFKA_PROTOCOL'
  | 'KAFKA_SASL_FAILED'
  | 'KAFKA_SASL_MECHANISM'
  | 'KAFKA_TIMEOUT'
  | 'KAFKA_TLS_EXPECTED'
  | 'KAFKA_TLS_FAILED'
  | 'KAFKA_TOKEN_FAILED'
  | 'KAFKA_TOPIC_NOT_FOUND'
  | 'KAFKA_TOPIC_RECREATED'

/** Offsets that tell a reader where to go on; each is there only when it is known. */
export interface ErrorOffsets {
  /** First offset of the partition's log. */
  readonly logStart?: bigint
  /** End of what may be read of it. */
  readonly highWatermark?: bigint
  /** First offset of a batch that cannot be delivered. */
  readonly badFrom?: bigint
  /** Offset to go on from; the best that is known, which the message says when it is not certain. */
  readonly next?: bigint
}

/** Optional facts of a {@link KafkaError}. */
export interface KafkaErrorDetails {
  /** The broker at fault as `host:port`. */
  broker?: string | undefined
  /** Name of the Kafka error code, as the Kafka protocol page spells it. */
  apiError?: string | undefined
  /** Whether the same request may succeed after a metadata refresh or a reconnect. Default false. */
  retriable?: boolean | undefined
  offsets?: ErrorOffsets | undefined
  cause?: unknown
}

/**
 * The one error class of this package. `message` is short, names the broker, topic or field at fault and says what to
 * do; it never holds a secret, so it may be sent to a client and written to a log.
 */
export class KafkaError extends Error {
  readonly code: KafkaErrorCode
  readonly broker: string | undefined
  readonly apiError: string | undefined
  readonly retriable: boolean
  readonly offsets: ErrorOffsets | undefined

  constructor(code: KafkaErrorCode, message: string, details: KafkaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'KafkaError'
    this.code = code
    this.broker = details.broker
    this.apiError = details.apiError
    this.retriable = details.retriable ?? false
    this.offsets = details.offsets
  }
}
