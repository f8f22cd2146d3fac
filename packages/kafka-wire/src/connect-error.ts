import { brokerName } from './broker-name.ts'
import { certificateRefusal } from './certificate-refusal.ts'
import type { DialPhase, DialTarget } from './dial.ts'
import { KafkaError, type KafkaErrorCode } from './errors.ts'

const EXPIRED = 'the certificate is not valid at this time; renew it, or check the clock'

const TOO_OLD = 'the broker offers no TLS 1.2 or newer, and nothing older is spoken; set its ssl.enabled.protocols'

const REMEDIES: Readonly<Record<string, string>> = {
  CERT_REVOKED: "the broker's certificate is on the list of kafka-proxy tls.crl; give the broker a new one",
  CRL_HAS_EXPIRED: 'the list in kafka-proxy tls.crl is out of date; set the new one of the CA',
  UNABLE_TO_GET_CRL: "kafka-proxy tls.crl has no list of the CA that signed the broker's certificate; add it",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: TOO_OLD,
  ERR_SSL_UNSUPPORTED_PROTOCOL: TOO_OLD,
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
  if (code.startsWith('ERR_OSSL_')) {
    const text = `TLS with broker ${broker} is impossible: ${describe(error, code)}: check upstream.tls.client_cert and client_key`
    return make('KAFKA_TLS_FAILED', text, false)
  }
  if (at === 'tls') {
    const refusal = error instanceof Error ? certificateRefusal(broker, error, target.tls?.cert) : undefined
    return refusal ?? tlsError(make, broker, code, error)
  }
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
  const remedy = UNTRUSTED_CODES.has(code) ? UNTRUSTED : REMEDIES[code]
  const suffix = remedy === undefined ? '' : `: ${remedy}`
  return make('KAFKA_TLS_FAILED', `TLS with broker ${broker} failed: ${describe(error, code)}${suffix}`, false)
}

function guessPhase(error: unknown, code: string, target: DialTarget): DialPhase {
  const call = propertyOf(error, 'syscall')
  if (call === 'getaddrinfo' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns'
  if (target.tls === undefined || call === 'connect' || code === 'ECONNREFUSED') return 'tcp'
  return 'tls'
}

/** The step that a `Dial` says it failed at. */
export function phaseOf(error: unknown): DialPhase | undefined {
  const phase: unknown = error instanceof Error ? Reflect.get(error, 'phase') : undefined
  return phase === 'dns' || phase === 'policy' || phase === 'tcp' || phase === 'tls' ? phase : undefined
}

/** How OpenSSL tells its errors: `thread:error:number:library:function:reason:file:line:…`. */
const OPENSSL_REASON = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/

function describe(error: unknown, code: string): string {
  const text = error instanceof Error ? error.message : String(error)
  // Node adds advice for who runs Node, which is not who reads this.
  const [plain = ''] = text.split('; if the root CA')
  const message = OPENSSL_REASON.exec(plain)?.[1] ?? plain
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}

function propertyOf(error: unknown, property: 'code' | 'name' | 'syscall'): string {
  if (typeof error !== 'object' || error === null) return ''
  const value: unknown = Reflect.get(error, property)
  return typeof value === 'string' ? value : ''
}
