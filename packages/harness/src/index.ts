// What the tests, the demonstration and the benchmark use.
export { type CleanUp, cleanUpAfter, createCleanUp } from './clean-up.ts'
export { count } from './count.ts'
export type { EtcdAnswer } from './etcd/etcd-http.ts'
export { type EtcdHandle, type EtcdOptions, startEtcd } from './etcd/launcher.ts'
export type { EtcdNode } from './etcd/node.ts'
export { type FaultProxy, startToxiproxy, type Toxiproxy } from './faults/toxiproxy.ts'
export type { Toxic } from './faults/toxiproxy-server.ts'
export {
  type AdminAnswer,
  adminKey,
  type GatewayOptions,
  jsonBody,
  startGateway,
  type TestGateway,
  viewerKey,
} from './gateway-process.ts'
export { type KafkaAdmin, openAdmin, type Replicas, type TopicOptions } from './kafka/admin.ts'
export type { KafkaBroker } from './kafka/broker.ts'
export type { Bootstrap, KafkaCluster, KafkaDescription } from './kafka/cluster.ts'
export { JavaMissing, KafkaJarsFailed, KafkaStartFailed } from './kafka/errors.ts'
export { setFetchQuota } from './kafka/fetch-quota.ts'
export { setFirstOffset } from './kafka/first-offset.ts'
export { type AdvertisedListener, type KafkaHandle, type KafkaOptions, startKafka } from './kafka/launcher.ts'
export { oauthProperties, oauthSystemProperties, type TokenIssuer } from './kafka/oauth.ts'
export {
  type Compression,
  type OpenTransaction,
  openProducer,
  type ProducedRecord,
  type Producer,
  type ProducerOptions,
  type SendOptions,
  type WrittenBatch,
} from './kafka/produce.ts'
export type { ListenerName } from './kafka/properties.ts'
export { setPassword } from './kafka/set-password.ts'
export { DEFAULT_USERS, type KafkaUser } from './kafka/users.ts'
export { startTokenServer, type TokenClient, type TokenServer, type TokenServerOptions } from './oauth/token-server.ts'
export { choosePorts } from './ports.ts'
export { ProcessEndedEarly, type ProcessOptions, type RunningProcess, startProcess } from './process.ts'
export {
  connectPubSub,
  type PubSubClient,
  PubSubError,
  type PubSubFrame,
  type SocketClose,
  SocketClosed,
  UpgradeRefused,
} from './pubsub-client.ts'
export { encodeRequest, type PubSubRequest, type PubSubResponse, type ReadMessage } from './pubsub-codec.ts'
export { cacheDirectory, repositoryRoot } from './repository.ts'
export { sharedKafka } from './shared-broker.ts'
export { type Authority, type IssuedCertificate, openAuthority } from './tls/authority.ts'
export { type CertificateSet, makeCertificates, readPem } from './tls/certificates.ts'
export { requirePythonProtobuf, requireTool, type Tool, ToolMissing } from './tools.ts'
export { spawnWatched } from './watchdog.ts'
