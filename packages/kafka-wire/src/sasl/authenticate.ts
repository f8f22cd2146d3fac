import { apiErrorCode, apiErrorName } from '../api-errors.ts'
import type { Command } from '../command.ts'
import type { KafkaConnection } from '../connection.ts'
import { KafkaError } from '../errors.ts'
import type { VersionRange } from '../messages/api-versions.ts'
import { SASL_AUTHENTICATE, saslAuthenticateRequest } from '../messages/sasl-authenticate.ts'
import { saslHandshakeRequest } from '../messages/sasl-handshake.ts'
import { chooseVersion } from '../versions.ts'
import type { SaslOptions } from './create-exchange.ts'
import type { SaslExchange } from './exchange.ts'
import { printable } from './printable.ts'
import { withoutSecrets } from './without-secrets.ts'

const UNSUPPORTED_MECHANISM = apiErrorCode('UNSUPPORTED_SASL_MECHANISM')
const ILLEGAL_STATE = apiErrorCode('ILLEGAL_SASL_STATE')
const LONGEST_REASON = 500

/** The connection that is authenticated, as far as that concerns it. */
export interface SaslChannel extends Pick<KafkaConnection, 'broker' | 'suspect' | 'send'> {
  /** Told which mechanisms the listener has enabled. */
  readonly onMechanisms?: (mechanisms: readonly string[]) => void
}

/** What a broker grants. */
export interface SaslSession {
  /** Milliseconds after which the broker wants a new authentication, 0 for never. KIP-368. */
  readonly lifetimeMs: number
  /** Not later than the session began, on the clock of `performance.now()`. */
  readonly startedAt: number
}

/**
 * Authenticates a connection, for the first time or again. Rejects with KAFKA_SASL_MECHANISM or KAFKA_SASL_FAILED, with
 * the broker's own text.
 */
export async function authenticate(
  channel: SaslChannel,
  offered: ReadonlyMap<number, VersionRange>,
  mechanism: SaslOptions['mechanism'],
  exchange: SaslExchange,
  command: Command,
): Promise<SaslSession> {
  const { broker } = channel
  await handshake(channel, mechanism, exchange, command)
  const version = chooseVersion(offered, SASL_AUTHENTICATE, broker)
  let challenge: Buffer | undefined
  let session: SaslSession = { lifetimeMs: 0, startedAt: performance.now() }
  for (;;) {
    const message = await respond(exchange, challenge, broker, mechanism)
    if (message === undefined) return session
    channel.suspect('credentials')
    const startedAt = performance.now()
    const answer = await channel.send(saslAuthenticateRequest(version, message), command)
    if (answer.errorCode !== 0) {
      const said = answer.errorMessage ?? apiErrorName(answer.errorCode)
      const known = exchange.refused?.()
      throw failed(broker, mechanism, exchange, known === undefined ? said : `${said} (${known})`)
    }
    session = { lifetimeMs: answer.sessionLifetimeMs, startedAt }
    challenge = answer.authBytes
  }
}

async function handshake(
  channel: SaslChannel,
  mechanism: SaslOptions['mechanism'],
  exchange: SaslExchange,
  command: Command,
): Promise<void> {
  const { broker } = channel
  channel.suspect('credentials')
  const { errorCode, mechanisms } = await channel.send(saslHandshakeRequest(mechanism), command)
  channel.onMechanisms?.(mechanisms)
  if (errorCode === UNSUPPORTED_MECHANISM) {
    const text = `broker ${broker} does not offer SASL mechanism ${mechanism}; it offers ${printable(mechanisms.slice(0, 20).join(', '))}`
    throw new KafkaError('KAFKA_SASL_MECHANISM', text, { broker })
  }
  if (errorCode === ILLEGAL_STATE) {
    const text = `broker ${broker} does not take SASL on this port (ILLEGAL_SASL_STATE): use its SASL port, or take sasl away from plugin kafka-proxy`
    throw new KafkaError('KAFKA_SASL_FAILED', text, { broker })
  }
  if (errorCode !== 0) throw failed(broker, mechanism, exchange, apiErrorName(errorCode))
}

async function respond(
  exchange: SaslExchange,
  challenge: Buffer | undefined,
  broker: string,
  mechanism: SaslOptions['mechanism'],
): Promise<Buffer | undefined> {
  try {
    return await exchange.respond(challenge)
  } catch (error) {
    throw failed(broker, mechanism, exchange, error instanceof Error ? error.message : String(error), error)
  }
}

function failed(
  broker: string,
  mechanism: SaslOptions['mechanism'],
  { secret }: SaslExchange,
  why: string,
  cause?: unknown,
): KafkaError {
  // The broker's own words go to clients, and PLAIN and OAUTHBEARER have told it the secret.
  const reason = withoutSecrets(why, [secret]).slice(0, LONGEST_REASON)
  const text = `SASL authentication with broker ${broker} failed (mechanism ${mechanism}): ${reason}`
  return new KafkaError('KAFKA_SASL_FAILED', text, { broker, cause })
}
