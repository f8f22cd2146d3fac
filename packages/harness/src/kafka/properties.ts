import type { CertificateSet } from '../tls/certificates.ts'
import { type KafkaUser, plainJaas, SCRAM_JAAS } from './users.ts'

/** The four kinds of listener that clients meet, under Kafka's names. */
export type ListenerName = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

/** One listener of a broker. */
export interface BrokerListener {
  readonly name: ListenerName
  readonly port: number
  /** `host:port` that clients are told; 127.0.0.1 and the port itself by default. */
  readonly advertised?: string | undefined
}

/** Where one broker listens; all on 127.0.0.1. */
export interface BrokerPorts {
  readonly controller: number
  /** Without TLS and authentication: for the brokers among themselves and for producing in tests. */
  readonly internal: number
  readonly listeners: readonly BrokerListener[]
}

export interface BrokerSettings {
  readonly nodeId: number
  readonly ports: BrokerPorts
  /** `id@127.0.0.1:port` of every controller. */
  readonly voters: readonly string[]
  readonly dataDirectory: string
  readonly users: readonly KafkaUser[]
  readonly tls: CertificateSet | undefined
  /** Kafka settings that win over all others. */
  readonly properties: Readonly<Record<string, string>>
}

export const needsTls = (name: ListenerName): boolean => name.endsWith('SSL')
const needsSasl = (name: ListenerName): boolean => name.startsWith('SASL_')

/** The text of a broker's `server.properties`. */
export function renderProperties(settings: BrokerSettings): string {
  const all = { ...base(settings), ...sasl(settings), ...tls(settings), ...settings.properties }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${escapeValue(value)}\n`)
    .join('')
}

function base({ nodeId, ports, voters, dataDirectory }: BrokerSettings): Record<string, string> {
  const address = (name: string, port: number) => `${name}://127.0.0.1:${port}`
  const replicas = String(voters.length)
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: [
      ...ports.listeners.map(({ name, port }) => address(name, port)),
      address('INTERNAL', ports.internal),
      address('CONTROLLER', ports.controller),
    ].join(','),
    'advertised.listeners': [
      ...ports.listeners.map(({ name, port, advertised }) =>
        advertised === undefined ? address(name, port) : `${name}://${advertised}`,
      ),
      address('INTERNAL', ports.internal),
    ].join(','),
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT',
      ...ports.listeners.map(({ name }) => `${name}:${name}`),
    ].join(','),
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'share.coordinator.state.topic.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // A dead broker is noticed after 3 s instead of 9.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // Tests write records of any time: none may be refused, and none deleted for its age.
    'log.retention.ms': '-1',
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    // The default, 128 MiB, is a third of the heap.
    'log.cleaner.dedupe.buffer.size': '8388608',
  }
}

function sasl({ ports, users }: BrokerSettings): Record<string, string> {
  const listeners = ports.listeners.map(({ name }) => name).filter(needsSasl)
  if (listeners.length === 0) return {}
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ...Object.fromEntries(
      listeners.flatMap((name) => {
        const prefix = `listener.name.${name.toLowerCase()}`
        return [
          [`${prefix}.plain.sasl.jaas.config`, plainJaas(users)],
          [`${prefix}.scram-sha-256.sasl.jaas.config`, SCRAM_JAAS],
          [`${prefix}.scram-sha-512.sasl.jaas.config`, SCRAM_JAAS],
        ]
      }),
    ),
  }
}

function tls({ tls: set }: BrokerSettings): Record<string, string> {
  if (!set) return {}
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': set.keyStore.file,
    'ssl.keystore.password': set.keyStore.password,
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': set.trustStore.file,
    'ssl.truststore.password': set.trustStore.password,
  }
}

/** Java reads properties files as Latin-1 with backslash escapes. */
function escapeValue(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(/^ /, '\\ ')
  return escaped.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
