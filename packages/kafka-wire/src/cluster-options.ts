import type { Dial, TlsOptions } from './dial.ts'
import type { KafkaError } from './errors.ts'
import type { SaslOptions } from './sasl/create-exchange.ts'
import type { TranscodeThread } from './thread/transcode-thread.ts'

/** An address of a broker. */
export interface BrokerNode {
  readonly host: string
  readonly port: number
}

/** Called as things happen to the connections of a cluster, for metrics and logs; must not throw. */
export interface ClusterHooks {
  /** A connection is ready for requests. `broker` is `host:port`. */
  readonly onConnectionOpened?: (broker: string) => void
  /** A connection that had been opened has ended; `error` is absent when this side closed it. */
  readonly onConnectionClosed?: (broker: string, error?: KafkaError) => void
  /** A connection could not be opened. */
  readonly onConnectionFailed?: (broker: string, error: KafkaError) => void
  /** A connection was authenticated again before its session ended (KIP-368), or that failed. */
  readonly onReauthenticated?: (broker: string, error?: KafkaError) => void
  /** A request is sent to a broker; `apiName` is that of the Kafka protocol, such as `Fetch`. */
  readonly onRequest?: ((apiName: string) => void) | undefined
  /** A read found an answer that is kept, and asked the broker whether it still holds. */
  readonly onCacheRead?: (holds: boolean) => void
  /** A request failed and is made again after so long. */
  readonly onRetry?: (error: KafkaError, delayMs: number) => void
}

/** Bounds on what a broker may make the gateway hold. */
export interface ClusterLimits {
  /** Largest answer taken, in bytes. Default 100 MiB. */
  readonly maxFrameBytes?: number
  /** Largest sum of the decompressed batches of one answer, in bytes. Default 64 MiB. */
  readonly maxDecompressedBytes?: number
  /** Requests sent on one connection and not answered yet. Default 64. */
  readonly maxInFlight?: number
  /** Connections to one broker for fetches that wait there, one each; more fetches queue for them. Default 64. */
  readonly maxWaiting?: number
  /** How long each of these is kept for the next one, in milliseconds. Default 5000. */
  readonly idleMs?: number
  /** Bytes of answers that are kept for others who read the same. Default 32 MiB; 0 keeps none. */
  readonly maxCacheBytes?: number
}

/** How to read from a Kafka cluster. */
export interface ClusterOptions extends ClusterHooks {
  /** Brokers to ask first; at least one. */
  readonly nodes: readonly BrokerNode[]
  /** TLS to every broker; plaintext when absent. */
  readonly tls?: TlsOptions
  readonly sasl?: SaslOptions
  /** Name of this client in the brokers' logs and quotas. Default `sluice`. */
  readonly clientId?: string
  /** Where the reader is, so that it is served by a replica in the same rack where the brokers choose so. KIP-392. */
  readonly rack?: string | undefined
  /** For name resolution, TCP and TLS together, and again for ApiVersions and SASL together. Default 3000. */
  readonly connectTimeoutMs?: number
  /** For a command, retries included. Default 30000. */
  readonly commandTimeoutMs?: number
  /** Silence after which a connection with an answer due is given up, and its requests are made again. Default 10000. */
  readonly stallTimeoutMs?: number
  /** Opens connections. */
  readonly dial: Dial
  readonly limits?: ClusterLimits
  /** Decompresses large answers; by default one that all clusters of the process share. */
  readonly thread?: TranscodeThread
}
