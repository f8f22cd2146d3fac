import { brokerName } from './broker-name.ts'
import type { DialPhase, DialTarget } from './dial.ts'
import { KafkaError, type KafkaErrorCode } from './errors.ts'

const EXPIRED = 'the certificate is not valid at this time; renew it, or check the clock'

const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name; set kafka-proxy tls.server_name, or upstream.tls.verify to false',
}

const UNTRUSTED =
  "the broker's certificate is not trusted; give its CA in kafka-proxy tls.ca or set upstream.tls.verify to false"

const UNTRUSTED_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What a listener without TLS makes of a ClientHello: an answer that is no TLS record, or a closed connection. */
const NOT_TLS_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

/** Says why no connection came to be, from what a `Dial` rejected with or from what ended the handshake. */
export function connectError(rejection: unknown, target: DialTarget): KafkaError {
  if (rejection instanceof KafkaError) return rejection
  const phase = phaseOf(rejection)
  const error = phase !== undefined && rejection instanceof Error ? rejection.cause : rejection
  const broker = brokerName(target.host, target.port)
  const code = propertyOf(error, 'code')
  const name = propertyOf(error, 'name')
  const make = (kind: KafkaErrorCode, message: string, retriable: boolean): KafkaError =>
    new KafkaError(kind, message, { broker, retriable, cause: error })

  if (target.signal?.aborted || name === 'AbortError') {
    return make('KAFKA_ABORTED', `connecting to broker ${broker} was given up`, false)
  }
  const at = phase ?? guessPhase(error, code, target)
  if (at === 'policy') {
    const text = `broker ${broker} is advertised, but the egress policy refuses it: ${describe(error, code)}`
    return make('KAFKA_ADDRESS_REFUSED', text, false)
  }
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return timedOut(make, broker, target.timeoutMs, at)
  if (at === 'dns') {
    const text = `DNS lookup of broker ${broker} failed (${code}): check the host name in upstream.nodes`
    return make('KAFKA_DNS_FAILED', text, true)
  }
  if (at === 'tls') return tlsError(make, broker, code, error)
  if (code === 'ECONNREFUSED') {
    const text = `broker ${broker} refused the connection (ECONNREFUSED): check host and port, and that the broker is up`
    return make('KAFKA_CONNECT_FAILED', text, true)
  }
  return make('KAFKA_CONNECT_FAILED', `connecting to broker ${broker} failed: ${describe(error, code)}`, true)
}

type Make = (kind: KafkaErrorCode, message: string, retriable: boolean) => KafkaError

function timedOut(make: Make, broker: string, timeoutMs: number, at: Exclude<DialPhase, 'policy'>): KafkaError {
  const what: Record<typeof at, string> = {
    dns: `no answer to the DNS lookup of broker ${broker} within ${timeoutMs} ms: check the host name in upstream.nodes and the name server`,
    tcp: `no TCP connection to broker ${broker} within ${timeoutMs} ms: check host and port, and that no firewall drops the packets`,
    tls: `no TLS handshake with broker ${broker} within ${timeoutMs} ms: does this port speak TLS?`,
  }
  return make('KAFKA_CONNECT_TIMEOUT', what[at], true)
}

function tlsError(make: Make, broker: string, code: string, error: unknown): KafkaError {
  if (NOT_TLS_CODES.has(code)) {
    const text = `broker ${broker} does not speak TLS on this port (${code}): use its TLS port, or take upstream.tls away`
    return make('KAFKA_PLAINTEXT_EXPECTED', text, true)
  }
  const remedy = UNTRUSTED_CODES.has(code) ? UNTRUSTED : CERTIFICATE_REMEDIES[code]
  const suffix = remedy === undefined ? '' : `: ${remedy}`
  return make('KAFKA_TLS_FAILED', `TLS with broker ${broker} failed: ${describe(error, code)}${suffix}`, false)
}

function guessPhase(error: unknown, code: string, target: DialTarget): DialPhase {
  const call = propertyOf(error, 'syscall')
  if (call === 'getaddrinfo' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns'
  if (target.tls === undefined || call === 'connect' || code === 'ECONNREFUSED') return 'tcp'
  return 'tls'
}

function phaseOf(error: unknown): DialPhase | undefined {
  const phase: unknown = error instanceof Error ? Reflect.get(error, 'phase') : undefined
  return phase === 'dns' || phase === 'policy' || phase === 'tcp' || phase === 'tls' ? phase : undefined
}

function describe(error: unknown, code: string): string {
  // Node adds advice for who runs Node, which is not who reads this.
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('; if the root CA')
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}

function propertyOf(error: unknown, property: 'code' | 'name' | 'syscall'): string {
  if (typeof error !== 'object' || error === null) return ''
  const value: unknown = Reflect.get(error, property)
  return typeof value === 'string' ? value : ''
}
