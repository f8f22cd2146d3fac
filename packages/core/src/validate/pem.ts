import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ConfigInvalidError } from '../errors.ts'
import { isSecretReference } from '../secrets/secret-reference.ts'

/**
 * A certificate of the configuration; undefined where it is absent or kept elsewhere.
 *
 * @throws ConfigInvalidError with APISIX's text
 */
export function parseCertificate(text: string | undefined): X509Certificate | undefined {
  return parsed(text, 'failed to parse cert: PEM_read_bio_X509_AUX() failed', (pem) => new X509Certificate(pem))
}

/**
 * A private key of the configuration; undefined where it is absent or kept elsewhere.
 *
 * @throws ConfigInvalidError with APISIX's text
 */
export function parsePrivateKey(text: string | undefined): KeyObject | undefined {
  return parsed(text, 'failed to parse key: PEM_read_bio_PrivateKey() failed', (pem) => createPrivateKey(pem))
}

function parsed<T>(text: string | undefined, fault: string, parse: (pem: string) => T): T | undefined {
  if (text === undefined || isSecretReference(text)) return undefined
  try {
    return parse(text)
  } catch (cause) {
    throw new ConfigInvalidError(fault, { cause })
  }
}
