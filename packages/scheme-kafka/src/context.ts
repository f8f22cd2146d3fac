import { type ContextKey, defineContextKey } from '@sluice/spi'

/** SASL mechanisms that the kafka scheme speaks. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** How the clients of a route get into its cluster; a plugin sets it before the scheme opens any broker connection. */
export interface KafkaAccess {
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string }
  /** Details for a route with `upstream.tls`; they do not turn TLS on. */
  readonly tls?: {
    /** PEM certificates trusted instead of the system's. */
    readonly ca?: string
    /** Name in SNI and in the check of the broker's certificate; the broker's host by default. */
    readonly serverName?: string
  }
}

/** Where a plugin such as kafka-proxy leaves the credentials. */
export const kafkaAccess: ContextKey<KafkaAccess> = defineContextKey<KafkaAccess>('scheme-kafka.access')
