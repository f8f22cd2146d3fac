import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { CertificatesUnreadable, RevocationsUnreadable } from './errors.ts'

/**
 * Certificates that Node cannot read would be passed over in silence, and the broker's then not be trusted.
 *
 * @param field that `ca` is in
 */
export function checkCertificates(pem: string, field: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null || blocks.length < pem.split('BEGIN CERTIFICATE').length - 1)
    throw new CertificatesUnreadable(field, 'it is no text of PEM certificates; give what the file holds, not its path')
  blocks.forEach((block, index) => {
    try {
      new X509Certificate(block)
    } catch (cause) {
      throw new CertificatesUnreadable(field, `certificate ${index + 1} in it cannot be read`, { cause })
    }
  })
}

/** Lists of revoked certificates that Node cannot read would fail every connection. */
export function checkRevocations(pem: string): void {
  try {
    createSecureContext({ crl: pem })
  } catch (cause) {
    throw new RevocationsUnreadable(
      'it is no PEM list of revoked certificates; give what the file holds, not its path',
      {
        cause,
      },
    )
  }
}
