import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectError } from '../src/connect-error.ts'
import type { DialPhase, DialTarget } from '../src/dial.ts'
import { KafkaError } from '../src/errors.ts'

const plain: DialTarget = { host: 'kafka.example', port: 9092, timeoutMs: 3000, advertised: false }
const tls: DialTarget = { ...plain, tls: { verify: true } }

function failure(code: string, extra: object = {}): Error {
  return Object.assign(new Error(`what happened ${code}`), { code }, extra)
}

/** What a dialler that knows the step rejects with. */
const rejection = (cause: Error, phase: DialPhase | undefined): Error =>
  phase === undefined ? cause : Object.assign(new Error('cannot connect', { cause }), { phase })

const UNTRUSTED =
  "the broker's certificate is not trusted; give its CA in kafka-proxy tls.ca or set upstream.tls.verify to false"

const cases: readonly [string, Error, DialTarget, DialPhase | undefined, string, string][] = [
  [
    'an unknown host',
    failure('ENOTFOUND', { syscall: 'getaddrinfo' }),
    plain,
    undefined,
    'KAFKA_DNS_FAILED',
    'DNS lookup of broker kafka.example:9092 failed (ENOTFOUND): check the host name in upstream.nodes',
  ],
  [
    'an address that the policy refuses',
    new Error('169.254.169.254 is a cloud metadata address; if that is right, add it to egress.allow of the gateway'),
    { ...tls, advertised: true },
    'policy',
    'KAFKA_ADDRESS_REFUSED',
    'broker kafka.example:9092 is advertised, but the egress policy refuses it: 169.254.169.254 is a cloud metadata address; if that is right, add it to egress.allow of the gateway',
  ],
  [
    'a refused port',
    failure('ECONNREFUSED', { syscall: 'connect' }),
    tls,
    undefined,
    'KAFKA_CONNECT_FAILED',
    'broker kafka.example:9092 refused the connection (ECONNREFUSED): check host and port, and that the broker is up',
  ],
  [
    'an unreachable host',
    failure('EHOSTUNREACH', { syscall: 'connect' }),
    plain,
    'tcp',
    'KAFKA_CONNECT_FAILED',
    'connecting to broker kafka.example:9092 failed: what happened EHOSTUNREACH',
  ],
  [
    'a TCP time-out',
    new DOMException('timed out', 'TimeoutError'),
    plain,
    'tcp',
    'KAFKA_CONNECT_TIMEOUT',
    'no TCP connection to broker kafka.example:9092 within 3000 ms: check host and port, and that no firewall drops the packets',
  ],
  [
    'a DNS time-out',
    new DOMException('timed out', 'TimeoutError'),
    plain,
    'dns',
    'KAFKA_CONNECT_TIMEOUT',
    'no answer to the DNS lookup of broker kafka.example:9092 within 3000 ms: check the host name in upstream.nodes and the name server',
  ],
  [
    'a TLS time-out',
    new DOMException('timed out', 'TimeoutError'),
    tls,
    'tls',
    'KAFKA_CONNECT_TIMEOUT',
    'no TLS handshake with broker kafka.example:9092 within 3000 ms: does this port speak TLS?',
  ],
  [
    'a port without TLS',
    failure('ECONNRESET'),
    tls,
    undefined,
    'KAFKA_PLAINTEXT_EXPECTED',
    'broker kafka.example:9092 does not speak TLS on this port (ECONNRESET): use its TLS port, or take upstream.tls away',
  ],
  [
    'an unknown CA',
    failure('SELF_SIGNED_CERT_IN_CHAIN'),
    tls,
    'tls',
    'KAFKA_TLS_FAILED',
    `TLS with broker kafka.example:9092 failed: what happened SELF_SIGNED_CERT_IN_CHAIN: ${UNTRUSTED}`,
  ],
  [
    'another name',
    failure('ERR_TLS_CERT_ALTNAME_INVALID'),
    tls,
    undefined,
    'KAFKA_TLS_FAILED',
    'TLS with broker kafka.example:9092 failed: what happened ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another name; set kafka-proxy tls.server_name, or upstream.tls.verify to false',
  ],
  [
    'an expired certificate',
    failure('CERT_HAS_EXPIRED'),
    tls,
    'tls',
    'KAFKA_TLS_FAILED',
    'TLS with broker kafka.example:9092 failed: what happened CERT_HAS_EXPIRED: the certificate is not valid at this time; renew it, or check the clock',
  ],
]

describe('each failure to connect has its own words', () => {
  for (const [name, error, target, phase, code, message] of cases) {
    test(name, () => {
      const result = connectError(rejection(error, phase), target)
      assert.deepEqual([result.code, result.message, result.broker], [code, message, 'kafka.example:9092'])
      assert.equal(result.cause, error)
    })
  }

  test('an attempt that was given up', () => {
    const target = { ...plain, signal: AbortSignal.abort() }
    assert.equal(connectError(failure('ECONNRESET'), target).code, 'KAFKA_ABORTED')
  })

  test('an IPv6 address is in brackets, and a KafkaError stays as it is', () => {
    assert.match(
      connectError(failure('ECONNREFUSED'), { ...plain, host: '::1' }).message,
      /broker \[::1\]:9092 refused/,
    )
    const own = new KafkaError('KAFKA_CONNECT_FAILED', 'not allowed by egress')
    assert.equal(connectError(own, plain), own)
  })

  test('no two failures read alike', () => {
    const messages = cases.map(([, error, target, phase]) => connectError(rejection(error, phase), target).message)
    assert.equal(new Set(messages).size, cases.length)
  })
})
