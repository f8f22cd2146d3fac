import { X509Certificate } from 'node:crypto'
import { KafkaError } from './errors.ts'

/** Alerts of RFC 8446 section 6.2 that are about the client's certificate, as OpenSSL's error codes end. */
const ABOUT_CERTIFICATES =
  /_ALERT_(CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)$/

/**
 * KAFKA_TLS_FAILED when a TLS alert says that a broker does not take our certificate or the lack of one; undefined
 * otherwise. With TLS 1.3 the alert comes only after the handshake.
 *
 * @param certificate PEM that the broker was shown
 */
export function certificateRefusal(
  broker: string,
  cause: Error & { readonly code?: string },
  certificate: string | undefined,
): KafkaError | undefined {
  const alert = ABOUT_CERTIFICATES.exec(cause.code ?? '')?.[1]?.toLowerCase()
  if (alert === undefined) return undefined
  if (certificate === undefined) {
    const text = `broker ${broker} wants a client certificate (TLS alert ${alert}): set upstream.tls.client_cert and client_key`
    return new KafkaError('KAFKA_TLS_FAILED', text, { broker, cause })
  }
  const text = `broker ${broker} refused our certificate (TLS alert ${alert})${validity(certificate)}: set upstream.tls.client_cert and client_key to what the broker trusts`
  return new KafkaError('KAFKA_TLS_FAILED', text, { broker, cause })
}

/** Says that a certificate is not valid now: most brokers only say that they do not like it. */
function validity(pem: string): string {
  try {
    const { validFromDate, validToDate } = new X509Certificate(pem)
    if (validToDate.getTime() < Date.now()) return `, which expired at ${validToDate.toISOString()}`
    if (validFromDate.getTime() > Date.now()) return `, which is not valid before ${validFromDate.toISOString()}`
  } catch {
    // What cannot be read here is not known to be expired.
  }
  return ''
}
