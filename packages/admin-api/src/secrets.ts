import { type ConfigEntry, type FieldCipher, type JsonObject, mapSecrets, type Registry } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { RequestInvalidError } from './errors.ts'
import type { Resource } from './resource.ts'

/** Stands for a secret in answers; sent back, it keeps the stored one. */
const mask = '******'

/** The secret fields of resources on their way into the store and out of it. */
export interface Secrets {
  encrypt(resource: Resource, value: JsonObject): JsonObject
  /** @throws SECRET_KEY_MISSING, SECRET_UNREADABLE */
  decrypt(resource: Resource, value: JsonObject): JsonObject
  mask(resource: Resource, value: JsonObject): JsonObject
  /** For an answer: decrypted, but masked where it does not decrypt, so that one lost key does not hide a whole list. */
  reveal(resource: Resource, entry: ConfigEntry): JsonObject
  /**
   * Puts the stored secrets in the place of masks.
   *
   * @throws RequestInvalidError where nothing is stored to keep
   */
  restoreMasked(resource: Resource, value: JsonObject, stored: JsonObject | undefined): JsonObject
}

/** Makes the handling of secrets for the plugins of a registry. */
export function createSecrets(registry: Registry, cipher: FieldCipher, log: Log): Secrets {
  const reveal = (text: string, key: string, location: string): string => {
    try {
      return cipher.decrypt(text)
    } catch (error) {
      log.warn({ key, field: location, err: error }, 'a stored secret cannot be read')
      return mask
    }
  }
  return {
    encrypt: ({ kind }, value) => mapSecrets(kind, value, registry, cipher.encrypt),
    decrypt: ({ kind }, value) => mapSecrets(kind, value, registry, cipher.decrypt),
    mask: ({ kind }, value) => mapSecrets(kind, value, registry, () => mask),
    reveal: ({ kind }, { key, value }) =>
      mapSecrets(kind, value, registry, (text, location) => reveal(text, key, location)),
    restoreMasked({ kind }, value, stored) {
      const known = new Map<string, string>()
      mapSecrets(kind, stored ?? {}, registry, (text, location) => {
        known.set(location, text)
        return text
      })
      return mapSecrets(kind, value, registry, (text, location) => {
        if (text !== mask) return text
        const encrypted = known.get(location)
        if (encrypted === undefined) throw new RequestInvalidError(nothingToKeep(location))
        return cipher.decrypt(encrypted)
      })
    },
  }
}

function nothingToKeep(location: string): string {
  return `${location} is masked (${mask}), and nothing is stored there to keep: send the value itself`
}
