import { type ClusterStats, type FetchPosition, KafkaCluster } from '@sluice/kafka-wire'
import type { UpstreamEnv } from '@sluice/pubsub'
import type { Counter, UpstreamNode, UpstreamTls } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'
import { reauthenticationHook, saslOptions } from './sasl.ts'
import { tlsOptions } from './tls.ts'

/** Of a node without a port. */
export const defaultPort = 9092
const defaultConnectTimeoutMs = 3000

/** A request for messages of one partition. */
export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly isolation: 'read_uncommitted' | 'read_committed'
  /** Where the fetch before it ended, if it goes on from there. */
  readonly after: FetchPosition | undefined
  readonly deadline: number
  /** Whose turn it is where requests queue; the same for all of a session. */
  readonly asker: object
  /** Is given what gives the request up. */
  readonly onAbort: (giveUp: () => void) => void
}

/** Messages as the body of a KafkaFetchResp. */
export interface FetchedMessages {
  readonly bytes: Buffer
  /** Writable bytes in front of `bytes` in the same memory. */
  readonly headroom: number
  readonly recordCount: number
  /** For the fetch that goes on from here; absent when nothing was passed. */
  readonly position: FetchPosition | undefined
  release(): void
}

/** A request for an offset. */
export interface ListOffsetRequest {
  readonly topic: string
  readonly partition: number
  readonly timestamp: bigint
  readonly isolation: 'read_uncommitted' | 'read_committed'
  readonly deadline: number
  /** Whose turn it is where requests queue; the same for all of a session. */
  readonly asker: object
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
  readonly rack: string | undefined
  readonly cacheBytes: number
  readonly env: UpstreamEnv
}

/** Makes a reader; connections are opened by its first request. */
export type CreateReader = (setup: ReaderSetup) => KafkaReader

/** The only real implementation, over kafka-wire. */
export const createKafkaReader: CreateReader = ({
  nodes,
  tls,
  access,
  connectTimeoutMs = defaultConnectTimeoutMs,
  commandTimeoutMs,
  rack,
  cacheBytes,
  env,
}) => {
  const { log, metrics } = env
  const connections = env.metrics.gauge('kafka_broker_connections', 'Open connections to brokers')
  const cluster = new KafkaCluster({
    nodes: nodes.map(({ host, port }) => ({ host, port: port ?? defaultPort })),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, access) }),
    ...(access?.sasl === undefined
      ? {}
      : { sasl: saslOptions(access.sasl, { log, metrics, timeoutMs: connectTimeoutMs }) }),
    connectTimeoutMs,
    commandTimeoutMs,
    rack,
    limits: { maxCacheBytes: cacheBytes },
    dial: env.dial,
    onRequest: countRequests(metrics),
    onCacheRead: countCacheReads(metrics),
    onReauthenticated: reauthenticationHook({ log, metrics }),
    onConnectionOpened: (broker) => {
      connections.add(1)
      env.log.debug({ broker }, 'broker connection opened')
    },
    onConnectionClosed: (broker) => {
      connections.add(-1)
      env.log.debug({ broker }, 'broker connection closed')
    },
  })
  // A closed cluster is counted until it has let go of all, so that what it does not let go of shows.
  const whileHeld = (held: (stats: ClusterStats) => number) => (): number | undefined => {
    const stats = cluster.stats()
    const number = held(stats)
    return stats.closed && number === 0 ? undefined : number
  }
  metrics.gauge(
    'kafka_requests_in_flight',
    'Requests to brokers that are not answered yet',
    {},
    whileHeld(({ requestsInFlight }) => requestsInFlight),
  )
  metrics.gauge(
    'kafka_buffers',
    'Buffers in use: frames being received, and answers that clients have not taken yet',
    {},
    whileHeld(({ outstandingSlabs }) => outstandingSlabs),
  )
  metrics.gauge('kafka_cache_bytes', 'Bytes of answers kept for others who read the same', {}, () => {
    const { cachedBytes, closed } = cluster.stats()
    return closed ? undefined : cachedBytes
  })
  return cluster
}

/** Counts the reads that found an answer in the cache, by whether it could be given. */
function countCacheReads(metrics: UpstreamEnv['metrics']): (holds: boolean) => void {
  const of = (result: string) =>
    metrics.counter('kafka_cache_reads_total', 'Fetches that found an answer that was kept', { result })
  const [held, stale] = [of('hit'), of('stale')]
  return (holds) => (holds ? held : stale).add(1)
}

/** Counts the requests of all clusters by API. */
function countRequests(metrics: UpstreamEnv['metrics']): (apiName: string) => void {
  const byApi = new Map<string, Counter>()
  return (api) => {
    let counter = byApi.get(api)
    if (counter === undefined) {
      counter = metrics.counter('kafka_requests_total', 'Requests sent to brokers', { api })
      byApi.set(api, counter)
    }
    counter.add(1)
  }
}
