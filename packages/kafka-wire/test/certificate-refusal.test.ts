import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectError } from '../src/connect-error.ts'
import { disconnectError } from '../src/disconnect-error.ts'

const alert = (name: string) => Object.assign(new Error('alert'), { code: `ERR_SSL_${name}` })

for (const [code, name] of [
  ['TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate_required'],
  ['SSLV3_ALERT_CERTIFICATE_EXPIRED', 'certificate_expired'],
  ['SSLV3_ALERT_CERTIFICATE_REVOKED', 'certificate_revoked'],
  ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'certificate_unknown'],
  ['SSLV3_ALERT_BAD_CERTIFICATE', 'bad_certificate'],
  ['TLSV1_ALERT_UNKNOWN_CA', 'unknown_ca'],
] as const) {
  test(`says what the alert ${name} is about, in the handshake of TLS 1.2 and after that of TLS 1.3`, () => {
    const target = { host: 'b', port: 9093, timeoutMs: 1000, advertised: false }
    const wanted = `broker b:9093 wants a client certificate (TLS alert ${name}): set upstream.tls.client_cert and client_key`
    const refused = `broker b:9093 refused our certificate (TLS alert ${name}): set upstream.tls.client_cert and client_key to what the broker trusts`
    for (const [error, message] of [
      [disconnectError('b:9093', undefined, alert(code)), wanted],
      [disconnectError('b:9093', undefined, alert(code), 'PEM'), refused],
      [connectError(alert(code), { ...target, tls: { verify: true } }), wanted],
      [connectError(alert(code), { ...target, tls: { verify: true, cert: 'PEM' } }), refused],
    ] as const) {
      assert.deepEqual([error.code, error.message, error.retriable], ['KAFKA_TLS_FAILED', message, false])
    }
  })
}

test('says of other alerts only what they are', () => {
  const { message } = disconnectError('b:9093', undefined, alert('TLSV1_ALERT_INTERNAL_ERROR'))
  assert.equal(
    message,
    'TLS with broker b:9093 failed (ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR): does it want a client certificate?',
  )
})
