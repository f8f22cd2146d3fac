import { KafkaCluster } from '@sluice/kafka-wire'
import type { UpstreamEnv } from '@sluice/pubsub'
import type { UpstreamNode, UpstreamTls } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'

const defaultPort = 9092
const defaultConnectTimeoutMs = 3000

/** A request for messages of one partition. */
export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly isolation: 'read_uncommitted' | 'read_committed'
  readonly deadline: number
  /** Is given what gives the request up. */
  readonly onAbort: (giveUp: () => void) => void
}

/** Messages as the body of a KafkaFetchResp. */
export interface FetchedMessages {
  readonly bytes: Buffer
  /** Writable bytes in front of `bytes` in the same memory. */
  readonly headroom: number
  readonly recordCount: number
  release(): void
}

/** A request for an offset. */
export interface ListOffsetRequest {
  readonly topic: string
  readonly partition: number
  readonly timestamp: bigint
  readonly isolation: 'read_uncommitted' | 'read_committed'
  readonly deadline: number
  /** Is given what gives the request up. */
  readonly onAbort: (giveUp: () => void) => void
}

/** What the scheme needs of a Kafka client. */
export interface KafkaReader {
  fetch(request: FetchRequest): Promise<FetchedMessages>
  listOffset(request: ListOffsetRequest): Promise<bigint>
  close(): Promise<void>
}

/** What a reader is made of. */
export interface ReaderSetup {
  readonly nodes: readonly UpstreamNode[]
  readonly tls: UpstreamTls | undefined
  readonly access: KafkaAccess | undefined
  readonly connectTimeoutMs: number | undefined
  readonly commandTimeoutMs: number
  readonly env: UpstreamEnv
}

/** Makes a reader; connections are opened by its first request. */
export type CreateReader = (setup: ReaderSetup) => KafkaReader

/** The only real implementation, over kafka-wire. */
export const createKafkaReader: CreateReader = ({ nodes, tls, access, connectTimeoutMs, commandTimeoutMs, env }) => {
  const connections = env.metrics.gauge('kafka_broker_connections', 'Open connections to brokers')
  return new KafkaCluster({
    nodes: nodes.map(({ host, port }) => ({ host, port: port ?? defaultPort })),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, access) }),
    ...(access?.sasl === undefined ? {} : { sasl: access.sasl }),
    connectTimeoutMs: connectTimeoutMs ?? defaultConnectTimeoutMs,
    commandTimeoutMs,
    dial: env.dial,
    onConnectionOpened: (broker) => {
      connections.add(1)
      env.log.debug({ broker }, 'broker connection opened')
    },
    onConnectionClosed: (broker) => {
      connections.add(-1)
      env.log.debug({ broker }, 'broker connection closed')
    },
  })
}

function tlsOptions(tls: UpstreamTls, access: KafkaAccess | undefined) {
  return {
    verify: tls.verify,
    ...(access?.tls?.ca === undefined ? {} : { ca: access.tls.ca }),
    ...(access?.tls?.serverName === undefined ? {} : { serverName: access.tls.serverName }),
    ...(tls.clientCert === undefined ? {} : { cert: tls.clientCert }),
    ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
  }
}
