import type { CertificateSet } from '../tls/certificates.ts'
import { type KafkaAdmin, openAdmin } from './admin.ts'
import { openProducer, type Producer } from './produce.ts'
import type { KafkaUser } from './users.ts'

/** Bootstrap brokers as `host:port[,host:port]`, one entry for each kind of listener the cluster has. */
export interface Bootstrap {
  /** Without TLS and authentication, always there: for producing and administration in tests. */
  readonly internal: string
  readonly plaintext?: string
  readonly ssl?: string
  readonly saslPlaintext?: string
  readonly saslSsl?: string
}

/** All there is to know about a running cluster; survives JSON. */
export interface KafkaDescription {
  readonly bootstrap: Bootstrap
  readonly users: readonly KafkaUser[]
  readonly tls?: CertificateSet
}

/** A running Kafka as a test uses it, whoever started it. */
export interface KafkaCluster extends KafkaDescription, Omit<KafkaAdmin, 'close'> {
  /** A producer, connected at the first call and closed with the cluster; do not close it. */
  producer(): Promise<Producer>
}

export interface ClusterClient {
  readonly cluster: KafkaCluster
  /** Closes the connections that were opened. May be called twice. */
  close(): Promise<void>
}

/** Wraps a description; connects when something is asked for. */
export function createCluster(description: KafkaDescription): ClusterClient {
  let admin: Promise<KafkaAdmin> | undefined
  let producer: Promise<Producer> | undefined
  const openedAdmin = () => (admin ??= openAdmin(description.bootstrap.internal))
  const openedProducer = () => (producer ??= openProducer(description.bootstrap.internal))
  return {
    cluster: {
      ...description,
      createTopic: async (...args) => (await openedAdmin()).createTopic(...args),
      deleteTopic: async (...args) => (await openedAdmin()).deleteTopic(...args),
      deleteRecordsBefore: async (...args) => (await openedAdmin()).deleteRecordsBefore(...args),
      leader: async (...args) => (await openedAdmin()).leader(...args),
      replicas: async (...args) => (await openedAdmin()).replicas(...args),
      reassign: async (...args) => (await openedAdmin()).reassign(...args),
      allowReading: async (...args) => (await openedAdmin()).allowReading(...args),
      forbidReading: async (...args) => (await openedAdmin()).forbidReading(...args),
      topics: async () => (await openedAdmin()).topics(),
      producer: openedProducer,
    },
    async close() {
      const open = [admin, producer]
      admin = undefined
      producer = undefined
      await Promise.all(open.map(async (opened) => (await opened)?.close()))
    },
  }
}
