export { kafkaApiErrors } from './api-errors.ts'
export {
  type ClusterStats,
  type CommandBounds,
  type FetchCommand,
  KafkaCluster,
  type ListOffsetCommand,
} from './cluster.ts'
export type { BrokerNode, ClusterHooks, ClusterLimits, ClusterOptions } from './cluster-options.ts'
export type { Dial, DialTarget, TlsOptions } from './dial.ts'
export { type ErrorOffsets, KafkaError, type KafkaErrorCode } from './errors.ts'
export type { FetchAnswer } from './fetch-outcome.ts'
export type { FetchPosition } from './log-position.ts'
export type { CertificateFacts, TlsFacts } from './probe/certificate-facts.ts'
export { type ProbeOptions, probeBroker } from './probe/probe-broker.ts'
export type { ProbeFacts, ProbeStep } from './probe/probe-steps.ts'
export { type ClientCredentials, requestToken } from './sasl/client-credentials.ts'
export type { SaslOptions } from './sasl/create-exchange.ts'
export { expiryOf } from './sasl/jwt-expiry.ts'
export { extensionProblem, isBearerToken } from './sasl/oauth-bearer.ts'
export { type PostForm, postForm } from './sasl/post-form.ts'
export { createStaticTokenSource, createTokenSource, type TokenSource } from './sasl/token-source.ts'
export type { Isolation } from './transcode.ts'
