import { apiErrorCode, apiErrorName } from '../api-errors.ts'
import type { Command } from '../command.ts'
import type { KafkaConnection } from '../connection.ts'
import { KafkaError } from '../errors.ts'
import type { VersionRange } from '../messages/api-versions.ts'
import { SASL_AUTHENTICATE, saslAuthenticateRequest } from '../messages/sasl-authenticate.ts'
import { saslHandshakeRequest } from '../messages/sasl-handshake.ts'
import { chooseVersion } from '../versions.ts'
import { createSaslExchange, type SaslOptions } from './create-exchange.ts'
import type { SaslExchange } from './exchange.ts'

const UNSUPPORTED_MECHANISM = apiErrorCode('UNSUPPORTED_SASL_MECHANISM')
const ILLEGAL_STATE = apiErrorCode('ILLEGAL_SASL_STATE')

/**
 * Authenticates a fresh connection and resolves with the session's lifetime in milliseconds, 0 for no end (KIP-368).
 * Rejects with KAFKA_SASL_MECHANISM or KAFKA_SASL_FAILED, with the broker's own text.
 */
export async function authenticate(
  connection: KafkaConnection,
  offered: ReadonlyMap<number, VersionRange>,
  sasl: SaslOptions,
  command: Command,
): Promise<number> {
  const exchange = createSaslExchange(sasl)
  await handshake(connection, sasl, command)
  const version = chooseVersion(offered, SASL_AUTHENTICATE, connection.broker)
  let challenge: Buffer | undefined
  let sessionLifetimeMs = 0
  for (;;) {
    const message = await respond(exchange, challenge, connection.broker, sasl)
    if (message === undefined) return sessionLifetimeMs
    connection.suspect('credentials')
    const answer = await connection.send(saslAuthenticateRequest(version, message), command)
    if (answer.errorCode !== 0) {
      throw failed(connection.broker, sasl, answer.errorMessage ?? apiErrorName(answer.errorCode))
    }
    sessionLifetimeMs = answer.sessionLifetimeMs
    challenge = answer.authBytes
  }
}

async function handshake(connection: KafkaConnection, sasl: SaslOptions, command: Command): Promise<void> {
  const { broker } = connection
  connection.suspect('credentials')
  const { errorCode, mechanisms } = await connection.send(saslHandshakeRequest(sasl.mechanism), command)
  if (errorCode === UNSUPPORTED_MECHANISM) {
    const text = `broker ${broker} does not offer SASL mechanism ${sasl.mechanism}; it offers ${mechanisms.join(', ')}`
    throw new KafkaError('KAFKA_SASL_MECHANISM', text, { broker })
  }
  if (errorCode === ILLEGAL_STATE) {
    const text = `broker ${broker} does not take SASL on this port (ILLEGAL_SASL_STATE): use its SASL port, or take sasl away from plugin kafka-proxy`
    throw new KafkaError('KAFKA_SASL_FAILED', text, { broker })
  }
  if (errorCode !== 0) throw failed(broker, sasl, apiErrorName(errorCode))
}

async function respond(
  exchange: SaslExchange,
  challenge: Buffer | undefined,
  broker: string,
  sasl: SaslOptions,
): Promise<Buffer | undefined> {
  try {
    return await exchange.respond(challenge)
  } catch (error) {
    throw failed(broker, sasl, error instanceof Error ? error.message : String(error), error)
  }
}

function failed(broker: string, sasl: SaslOptions, why: string, cause?: unknown): KafkaError {
  const text = `SASL authentication with broker ${broker} failed (mechanism ${sasl.mechanism}): ${why}`
  return new KafkaError('KAFKA_SASL_FAILED', text, { broker, cause })
}
