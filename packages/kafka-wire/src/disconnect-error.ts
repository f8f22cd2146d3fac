import { certificateRefusal } from './certificate-refusal.ts'
import { KafkaError } from './errors.ts'

/**
 * What an unexpected end would mean: `tls_expected` before anything was answered on a plaintext connection,
 * `sasl_required` before the first answer after ApiVersions on a connection without SASL, `credentials` during SASL.
 */
export type CloseSuspicion = 'tls_expected' | 'sasl_required' | 'credentials'

/**
 * Says that a broker ended the connection, and why it may have.
 *
 * @param certificate PEM that the broker was shown
 */
export function disconnectError(
  broker: string,
  suspicion: CloseSuspicion | undefined,
  cause: (Error & { code?: string }) | undefined,
  certificate?: string,
): KafkaError {
  const details = { broker, cause, retriable: true }
  const how = cause === undefined ? 'closed the connection' : `ended the connection (${cause.code ?? cause.message})`
  if (cause?.code?.startsWith('ERR_SSL_')) {
    const refusal = certificateRefusal(broker, cause, certificate)
    if (refusal !== undefined) return refusal
    const text = `TLS with broker ${broker} failed (${cause.code}): does it want a client certificate?`
    return new KafkaError('KAFKA_TLS_FAILED', text, { broker, cause })
  }
  switch (suspicion) {
    case 'tls_expected': {
      const text = `broker ${broker} ${how} before answering ApiVersions: it may expect TLS (upstream.tls), be older than Kafka 0.10, or not be Kafka`
      return new KafkaError('KAFKA_TLS_EXPECTED', text, details)
    }
    case 'sasl_required': {
      const text = `broker ${broker} ${how} after ApiVersions: it may require SASL (plugin kafka-proxy)`
      return new KafkaError('KAFKA_SASL_FAILED', text, details)
    }
    case 'credentials':
      return new KafkaError(
        'KAFKA_SASL_FAILED',
        `broker ${broker} ${how} during SASL authentication: check sasl of plugin kafka-proxy`,
        details,
      )
    case undefined:
      return new KafkaError('KAFKA_DISCONNECTED', `broker ${broker} ${how}: its log may say why`, details)
  }
}
