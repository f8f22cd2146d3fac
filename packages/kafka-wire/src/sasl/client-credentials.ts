import { KafkaError } from '../errors.ts'
import { expiryOf } from './jwt-expiry.ts'
import { isBearerToken } from './oauth-bearer.ts'
import type { FormAnswer, PostForm } from './post-form.ts'
import { printable } from './printable.ts'
import type { IssuedToken } from './token-source.ts'
import { withoutSecrets } from './without-secrets.ts'

/** How to get a token with the client credentials grant. */
export interface ClientCredentials {
  /** `http` or `https`. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  /** PEM certificates trusted for the token URL instead of the system's. */
  readonly ca?: string
}

/** What a request for a token is bounded by. */
export interface TokenRequestBounds {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const MAX_ANSWER_BYTES = 64 * 1024
/** Of a token that does not say how long it lives. */
const UNKNOWN_LIFETIME_MS = 300_000

/**
 * Asks a token endpoint for a token: RFC 6749 section 4.4, the client authenticated by HTTP Basic as in section 2.3.1.
 * Rejects with KAFKA_TOKEN_FAILED, which names the host and what failed, and neither the secret nor a token.
 */
export async function requestToken(
  credentials: ClientCredentials,
  bounds: TokenRequestBounds,
  post: PostForm,
): Promise<IssuedToken> {
  const url = new URL(credentials.tokenUrl)
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (credentials.scope !== undefined) form.set('scope', credentials.scope)
  let answer: FormAnswer
  try {
    answer = await post({
      url,
      headers: { authorization: `Basic ${basic(credentials)}`, accept: 'application/json' },
      body: form.toString(),
      maxBytes: MAX_ANSWER_BYTES,
      ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
      ...bounds,
    })
  } catch (cause) {
    throw failed(url, describe(cause, bounds.timeoutMs), true, cause)
  }
  return readAnswer(answer, url, credentials)
}

function readAnswer({ status, body }: FormAnswer, url: URL, credentials: ClientCredentials): IssuedToken {
  const fields = parseObject(body)
  if (status !== 200) {
    const told = [fields?.error, fields?.error_description].flatMap((text) =>
      typeof text === 'string' && text !== '' ? [printable(withoutSecrets(text, secretForms(credentials)))] : [],
    )
    // Who is refused for what it asks is refused again; a server in trouble may get over it.
    const retriable = status >= 500 || status === 429 || status === 408
    throw failed(url, `HTTP ${[status, ...told].join(', ')}${statusRemedy(status)}`, retriable)
  }
  if (fields === undefined) throw failed(url, 'its answer is not a JSON object: check sasl.oauth.token_url', false)
  const { access_token: value, token_type: type, expires_in: expiresIn } = fields
  if (typeof value !== 'string' || !isBearerToken(value)) {
    throw failed(url, 'its answer has no access_token that is a bearer token (RFC 6750)', false)
  }
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') {
    const named = withoutSecrets(type, [value, ...secretForms(credentials)])
    throw failed(url, `it issues tokens of type ${printable(named)}, not Bearer`, false)
  }
  const lifetimeMs = lifetimeOf(value, expiresIn)
  if (lifetimeMs <= 0) throw failed(url, 'it issued a token that has expired already', true)
  return { value, lifetimeMs }
}

function lifetimeOf(token: string, expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds * 1000
  const expiry = expiryOf(token)
  return expiry === undefined ? UNKNOWN_LIFETIME_MS : expiry - Date.now()
}

function statusRemedy(status: number): string {
  if (status === 401) return ': check sasl.oauth.client_id and sasl.oauth.client_secret of plugin kafka-proxy'
  if (status === 404 || status === 405) return ': check sasl.oauth.token_url of plugin kafka-proxy'
  if (status >= 300 && status < 400) return ': redirects are not followed, set the last address as sasl.oauth.token_url'
  return ''
}

/** Id and secret, each encoded like a form field first. */
function basic({ clientId, clientSecret }: ClientCredentials): string {
  return Buffer.from(`${encodeField(clientId)}:${encodeField(clientSecret)}`).toString('base64')
}

function encodeField(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

/** An endpoint may repeat what it was sent, in any form that it had on the way. */
function secretForms(credentials: ClientCredentials): readonly string[] {
  return [basic(credentials), encodeField(credentials.clientSecret), credentials.clientSecret]
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function describe(cause: unknown, timeoutMs: number): string {
  if (!(cause instanceof Error)) return printable(String(cause))
  if (cause.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  // Where a name has several addresses, Node says what happened at each.
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : undefined
  const error = cause.message === '' && inner instanceof Error ? inner : cause
  const code: unknown = Reflect.get(error, 'code')
  const [message = ''] = error.message.split('; if the root CA')
  const named = typeof code !== 'string' || message.includes(code) ? message : `${message} (${code})`
  const remedy = UNTRUSTED.has(String(code)) ? ': its certificate is not trusted, give its CA in sasl.oauth.ca' : ''
  return `${printable(named)}${remedy}`
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function failed(url: URL, why: string, retriable: boolean, cause?: unknown): KafkaError {
  const text = `no token for SASL OAUTHBEARER from ${url.host}: ${why}`
  return new KafkaError('KAFKA_TOKEN_FAILED', text, { retriable, cause })
}
