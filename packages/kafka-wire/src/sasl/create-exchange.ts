import { KafkaError } from '../errors.ts'
import type { SaslExchange } from './exchange.ts'
import { createPlain } from './plain.ts'
import { createScram } from './scram.ts'

/** How a broker is told who connects. */
export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

const CONTROL_CHARACTERS = /\p{Cc}/u

/**
 * Starts an exchange. Throws KAFKA_SASL_FAILED when the user name or the password is empty or holds control characters,
 * which SASLprep (RFC 4013) prohibits and which separate the fields of PLAIN.
 */
export function createSaslExchange(options: SaslOptions): SaslExchange {
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
