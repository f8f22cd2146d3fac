import {
  type ConfigEntry,
  createReferenceResolver,
  type FieldCipher,
  type ReferableEnvironment,
  stringOf,
} from '@sluice/core'
import { SecretUnread } from '../errors.ts'
import { readFromVault } from './vault.ts'

const form = /^\$secret:\/\/([^/]+)\/([^/]+)\/(.+)\/([^/]+)$/i

/**
 * Makes what reads `$secret://<manager>/<id>/<path>/<key>`. The token of a manager may be a `$env://` reference.
 *
 * @returns a function that throws SECRET_UNREAD
 */
export function createSecretReader({ decrypt }: Pick<FieldCipher, 'decrypt'>, environment: ReferableEnvironment) {
  const open = createReferenceResolver(environment, decrypt)
  return async (reference: string, manager: ConfigEntry | undefined): Promise<string> => {
    const [, kind = '', id, path = '', key = ''] = form.exec(reference) ?? []
    if (path === '') throw new SecretUnread(reference, 'it has to be $secret://<manager>/<id>/<path>/<key>')
    if (kind.toLowerCase() !== 'vault')
      throw new SecretUnread(reference, `this version has no manager ${kind}, only vault`)
    if (manager === undefined) throw new SecretUnread(reference, `there is no secret manager ${kind}/${id}: make it`)
    const { uri, prefix, token, namespace } = manager.value
    const [text, own] = [stringOf(token) ?? '', stringOf(namespace)]
    try {
      const source = {
        uri: stringOf(uri) ?? '',
        prefix: stringOf(prefix) ?? '',
        token: open(text),
        ...(own !== undefined && { namespace: open(own) }),
      }
      return await readFromVault(source, path, key)
    } catch (cause) {
      throw new SecretUnread(reference, cause instanceof Error ? cause.message : String(cause), { cause })
    }
  }
}
