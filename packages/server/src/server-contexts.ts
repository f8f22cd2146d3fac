import { createSecureContext, type SecureContext } from 'node:tls'
import type { ServerCertificate } from '@sluice/core'

const contexts = new WeakMap<ServerCertificate, SecureContext>()

/**
 * What OpenSSL needs of a certificate, made when it is first shown.
 *
 * @throws the error of OpenSSL where the certificate and the key do not fit
 */
export function contextOf(certificate: ServerCertificate): SecureContext {
  const known = contexts.get(certificate)
  if (known !== undefined) return known
  const { pairs } = certificate
  const context = createSecureContext({ cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) })
  contexts.set(certificate, context)
  return context
}
