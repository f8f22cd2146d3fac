import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

/** What an operator needs to know of a broker's certificate. */
export interface CertificateFacts {
  /** Distinguished names, e.g. `CN=broker, O=Example`. */
  readonly subject: string
  readonly issuer: string
  /** Names and addresses that it is for, as OpenSSL writes them; undefined where it lists none. */
  readonly names: string | undefined
  readonly validFrom: Date
  readonly validTo: Date
}

/** What came out of a TLS handshake. */
export interface TlsFacts {
  /** E.g. `TLSv1.3`. */
  readonly protocol: string | undefined
  /** Whether the certificate is trusted and for this broker, also where nobody asked for that. */
  readonly trusted: boolean
  readonly certificate: CertificateFacts | undefined
}

/** What is known of a connection's TLS; undefined where it is no TLS socket of Node. */
export function tlsFacts(stream: Duplex): TlsFacts | undefined {
  if (!(stream instanceof TLSSocket)) return undefined
  const certificate = stream.getPeerX509Certificate()
  return {
    protocol: stream.getProtocol() ?? undefined,
    trusted: stream.authorized,
    certificate: certificate && certificateFacts(certificate),
  }
}

function certificateFacts(certificate: X509Certificate): CertificateFacts {
  return {
    subject: inOneLine(certificate.subject),
    issuer: inOneLine(certificate.issuer),
    names: certificate.subjectAltName,
    validFrom: certificate.validFromDate,
    validTo: certificate.validToDate,
  }
}

function inOneLine(name: string): string {
  return name.replaceAll('\n', ', ')
}
