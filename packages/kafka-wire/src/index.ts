export { kafkaApiErrors } from './api-errors.ts'
export {
  type ClusterStats,
  type CommandBounds,
  type FetchAnswer,
  type FetchCommand,
  KafkaCluster,
  type ListOffsetCommand,
} from './cluster.ts'
export type { BrokerNode, ClusterHooks, ClusterLimits, ClusterOptions } from './cluster-options.ts'
export type { Dial, DialTarget, TlsOptions } from './dial.ts'
export { KafkaError, type KafkaErrorCode } from './errors.ts'
export type { SaslOptions } from './sasl/create-exchange.ts'
export type { Isolation } from './transcode.ts'
