import { KafkaError } from './errors.ts'

/**
 * Throws KAFKA_TLS_EXPECTED when the first bytes of a broker are a TLS record of type alert: what a TLS listener sends to
 * a client that speaks plaintext. RFC 8446 section 5.1.
 */
export function refuseTlsAlert(chunk: Buffer, broker: string): void {
  if (chunk[0] !== 0x15 || (chunk.length > 1 && chunk[1] !== 0x03)) return
  const text = `broker ${broker} speaks TLS, but the route has no upstream.tls`
  throw new KafkaError('KAFKA_TLS_EXPECTED', text, { broker })
}
