import { type ContextKey, defineContextKey } from '@sluice/spi'

// For plugins, which know the broker client only through this module.
export { extensionProblem, isBearerToken } from '@sluice/kafka-wire'

/** User and password, which the brokers know. */
interface PasswordAccess {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/** A token for the brokers (RFC 7628): `token` itself, or what to ask a token endpoint for one with. */
interface TokenAccess {
  readonly mechanism: 'OAUTHBEARER'
  readonly oauth: StaticToken | TokenClient
}

interface StaticToken {
  readonly token: string
  /** SASL extensions by name, KIP-342. */
  readonly extensions?: Readonly<Record<string, string>>
}

interface TokenClient {
  /** Endpoint of the client credentials grant, RFC 6749 section 4.4. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  /** PEM certificates trusted for the endpoint instead of the system's. */
  readonly ca?: string
  /** SASL extensions by name, KIP-342. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** How the clients of a route get into its cluster; a plugin sets it before the scheme opens any broker connection. */
export interface KafkaAccess {
  readonly sasl?: PasswordAccess | TokenAccess
  /** Details for a route with `upstream.tls`; they do not turn TLS on. */
  readonly tls?: {
    /** PEM certificates trusted instead of the system's. */
    readonly ca?: string
    /** Name in SNI and in the check of the broker's certificate; the broker's host by default. */
    readonly serverName?: string
    /** PEM lists of revoked certificates, RFC 5280. */
    readonly crl?: string
  }
}

/** Where a plugin such as kafka-proxy leaves the credentials. */
export const kafkaAccess: ContextKey<KafkaAccess> = defineContextKey<KafkaAccess>('scheme-kafka.access')
