import { type ConfigStore, createSecretStore, type FieldCipher, type SecretStore, systemClock } from '@sluice/core'
import { createSecretReader } from '../secrets/read-secret.ts'
import type { GatewayOptions } from './gateway-options.ts'

// A secret that is asked for the first time holds up the write that refers to it, but not for ever.
const patienceMs = 3000
const retryMs = 5000

/** Puts what reads `$secret://` references in front of a store. */
export function followSecrets(
  { store, cipher }: { readonly store: ConfigStore; readonly cipher: FieldCipher },
  { settings, environment, log }: Pick<GatewayOptions, 'settings' | 'environment' | 'log'>,
): SecretStore {
  return createSecretStore(store, {
    read: createSecretReader(cipher, environment),
    seal: cipher.encrypt,
    onFault: (reference, err, isServed) =>
      log.error(
        { reference, err },
        isServed
          ? 'a secret cannot be read again: the value that was read before is used'
          : 'a secret cannot be read: what refers to it is not served',
      ),
    refreshMs: settings.secretsRefreshMs,
    retryMs: Math.min(retryMs, settings.secretsRefreshMs),
    patienceMs,
    clock: systemClock,
  })
}
