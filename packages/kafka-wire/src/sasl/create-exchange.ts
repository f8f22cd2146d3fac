import { KafkaError } from '../errors.ts'
import type { SaslExchange } from './exchange.ts'
import { createOAuthBearer } from './oauth-bearer.ts'
import { createPlain } from './plain.ts'
import { createScram } from './scram.ts'
import type { TokenSource } from './token-source.ts'

/** User and password, which the broker knows. */
interface PasswordSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/** A token that the broker can check. RFC 7628, KIP-255. */
interface TokenSasl {
  readonly mechanism: 'OAUTHBEARER'
  /** Closed with the cluster. */
  readonly tokens: TokenSource
  /** SASL extensions by name, KIP-342. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** How a broker is told who connects. */
export type SaslOptions = PasswordSasl | TokenSasl

const CONTROL_CHARACTERS = /\p{Cc}/u

/**
 * Starts an exchange, with a token where one is needed. Rejects with KAFKA_TOKEN_FAILED without one; with
 * KAFKA_SASL_FAILED when the user name or the password is empty or holds control characters, which SASLprep (RFC 4013)
 * prohibits and which separate the fields of PLAIN, or when a token or an extension cannot be sent.
 */
export async function createSaslExchange(options: SaslOptions): Promise<SaslExchange> {
  if (options.mechanism === 'OAUTHBEARER') {
    const { tokens, extensions = {} } = options
    const token = await tokens.token()
    return createOAuthBearer({ token: token.value, extensions, onRefused: () => tokens.refused(token) })
  }
  for (const field of ['username', 'password'] as const) {
    const wrong =
      options[field] === '' ? 'is empty' : CONTROL_CHARACTERS.test(options[field]) && 'holds control characters'
    if (wrong) throw new KafkaError('KAFKA_SASL_FAILED', `SASL authentication is impossible: sasl.${field} ${wrong}`)
  }
  switch (options.mechanism) {
    case 'PLAIN':
      return createPlain(options)
    case 'SCRAM-SHA-256':
      return createScram({ ...options, hash: 'sha256' })
    case 'SCRAM-SHA-512':
      return createScram({ ...options, hash: 'sha512' })
  }
}
