import { apiErrorCode } from '../api-errors.ts'
import { KafkaError } from '../errors.ts'
import { SASL_HANDSHAKE, saslHandshakeRequest } from '../messages/sasl-handshake.ts'
import { authenticate } from '../sasl/authenticate.ts'
import { createSaslExchange, type SaslOptions } from '../sasl/create-exchange.ts'
import { printable } from '../sasl/printable.ts'
import type { Learn } from './probe-steps.ts'
import type { ProbeTalk } from './probe-talk.ts'

const ILLEGAL_STATE = apiErrorCode('ILLEGAL_SASL_STATE')
const MOST_NAMED = 20

/** Logs in, or finds out that no login is asked for. @throws KafkaError as {@link authenticate}, or where there is no token */
export async function probeSasl(talk: ProbeTalk, sasl: SaslOptions | undefined, learn: Learn): Promise<void> {
  const learnMechanisms = (names: readonly string[]): void =>
    learn({ mechanisms: names.slice(0, MOST_NAMED).map(printable) })
  if (sasl === undefined) return withoutLogin(talk, learnMechanisms)
  const { connection, versions, command } = talk
  learn({ mechanism: sasl.mechanism })
  const exchange = await command.race(createSaslExchange(sasl))
  const channel = {
    broker: connection.broker,
    suspect: connection.suspect.bind(connection),
    send: connection.send.bind(connection),
    onMechanisms: learnMechanisms,
  }
  await authenticate(channel, versions, sasl.mechanism, exchange, command)
}

/** A listener with SASL answers the handshake of whatever mechanism with those that it has; others refuse it and go on. */
async function withoutLogin(
  { connection, versions, command }: ProbeTalk,
  learnMechanisms: (names: readonly string[]) => void,
): Promise<void> {
  if (!versions.has(SASL_HANDSHAKE.apiKey)) return
  connection.suspect('sasl_required')
  const { errorCode, mechanisms } = await connection.send(saslHandshakeRequest('PLAIN'), command)
  learnMechanisms(mechanisms)
  if (errorCode === ILLEGAL_STATE) return
  const offered = printable(mechanisms.slice(0, MOST_NAMED).join(', '))
  const text = `broker ${connection.broker} wants SASL, and there are no credentials: set sasl of plugin kafka-proxy in the route, and test that; offered are ${offered}`
  throw new KafkaError('KAFKA_SASL_FAILED', text, { broker: connection.broker })
}
