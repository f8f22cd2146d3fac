import { KafkaError } from '../errors.ts'
import type { SaslExchange } from './exchange.ts'
import { printable } from './printable.ts'
import { withoutSecrets } from './without-secrets.ts'

/** What OAUTHBEARER needs. */
export interface OAuthBearerOptions {
  readonly token: string
  /** SASL extensions by name, KIP-342. */
  readonly extensions: Readonly<Record<string, string>>
  /** Called when the broker refuses the token; gives what is known about it, or undefined. */
  readonly onRefused: () => string | undefined
}

// RFC 6750, section 2.1: b64token.
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
// RFC 7628, section 3.1: a key is letters, a value printable ASCII and white space.
const EXTENSION_NAME = /^[A-Za-z]+$/
const EXTENSION_VALUE = /^[\x20-\x7e\t\r\n]+$/
/** What the client answers to the error of a server. RFC 7628, section 3.2.3. */
const ACKNOWLEDGEMENT = Buffer.of(1)

/** Says what is wrong with SASL extensions (RFC 7628 section 3.1, KIP-342); undefined when they can be sent. */
export function extensionProblem(extensions: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(extensions)) {
    if (!EXTENSION_NAME.test(name)) return `the name "${printable(name)}" is not made of the letters A to Z and a to z`
    if (name.toLowerCase() === 'auth') return `the name "${name}" belongs to the token`
    if (!EXTENSION_VALUE.test(value)) return `the value of "${name}" is empty, or not printable ASCII`
  }
  return undefined
}

/** Whether a text has the form of a bearer token. RFC 6750 section 2.1. */
export function isBearerToken(token: string): boolean {
  return TOKEN.test(token)
}

/**
 * SASL OAUTHBEARER: the token in one message. A server that refuses it says why in JSON, is answered with one byte, and
 * then ends the exchange. RFC 7628, KIP-255. Throws KAFKA_SASL_FAILED when the token or an extension cannot be sent.
 */
export function createOAuthBearer({ token, extensions, onRefused }: OAuthBearerOptions): SaslExchange {
  if (!isBearerToken(token)) throw impossible('the token is not of the form of a bearer token (RFC 6750)')
  const problem = extensionProblem(extensions)
  if (problem !== undefined) throw impossible(`sasl.oauth.extensions: ${problem}`)
  const pairs = Object.entries(extensions).map(([name, value]) => `${name}=${value}\x01`)
  let refusal: string | undefined
  return {
    secret: token,
    async respond(challenge) {
      if (challenge === undefined) return Buffer.from(`n,,\x01auth=Bearer ${token}\x01${pairs.join('')}\x01`)
      if (challenge.length === 0 && refusal === undefined) return undefined
      if (refusal !== undefined) throw new KafkaError('KAFKA_SASL_FAILED', refusal)
      refusal = `the broker refuses the token: ${describeRefusal(challenge.toString(), token)}`
      return ACKNOWLEDGEMENT
    },
    refused() {
      const known = onRefused()
      const parts = [refusal, known].filter((part) => part !== undefined)
      return parts.length === 0 ? undefined : parts.join('; ')
    },
  }
}

/** The fields of the error that a server sends, the token taken out as the fields have it. RFC 7628, section 3.2.2. */
function describeRefusal(challenge: string, token: string): string {
  const fields = parseObject(challenge)
  const named = ['status', 'scope', 'openid-configuration'].flatMap((name) => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' ? [`${name} ${printable(withoutSecrets(value, [token]))}`] : []
  })
  return named.length === 0 ? printable(withoutSecrets(challenge, [token])) : named.join(', ')
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function impossible(why: string): KafkaError {
  return new KafkaError('KAFKA_SASL_FAILED', `SASL authentication is impossible: ${why}`)
}
