import type { ConfigEntry } from '../config-store.ts'
import { ClientCertificatesError } from '../errors.ts'
import { mapPaths, stringOf, stringsOf } from '../json-fields.ts'
import type { RouteTools } from '../route-tools.ts'

/** A certificate of the gateway with its private key, PEM. */
interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** What is shown to clients for a name. */
export interface ServerCertificate {
  /** Of the ssl. */
  readonly id: string
  /** One for each kind of key, such as RSA and ECDSA; the client chooses. */
  readonly pairs: readonly CertificatePair[]
  /** `TLSv1.2`, `TLSv1.3`; those of the gateway where absent. */
  readonly protocols?: readonly string[]
}

/**
 * Reads an ssl: decrypted, references followed.
 *
 * @throws SSL_CLIENT_CERTIFICATES for one that asks clients for certificates, and what a secret cannot be read with
 */
export function readServerCertificate(id: string, { value }: ConfigEntry, tools: RouteTools): ServerCertificate {
  // Shown without what it asks for, it would let those in that it keeps out.
  if (value.client !== undefined) throw new ClientCertificatesError(id)
  const {
    cert,
    key,
    certs,
    keys,
    ssl_protocols: protocols,
  } = mapPaths(value, ['cert', 'key', 'certs', 'keys'], (text) => tools.resolve(tools.decrypt(text)))
  const furtherKeys = stringsOf(keys) ?? []
  const further = (stringsOf(certs) ?? []).map((each, index) => ({ cert: each, key: furtherKeys[index] ?? '' }))
  const chosen = stringsOf(protocols) ?? []
  return {
    id,
    pairs: [{ cert: stringOf(cert) ?? '', key: stringOf(key) ?? '' }, ...further],
    ...(chosen.length > 0 && { protocols: chosen }),
  }
}
