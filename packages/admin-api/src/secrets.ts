import {
  type ConfigEntry,
  type FieldCipher,
  type JsonObject,
  mapSecrets,
  type Registry,
  type ResourceType,
} from '@sluice/core'
import type { Log } from '@sluice/spi'
import { RequestInvalidError } from './errors.ts'

/** Stands for a secret in answers; sent back, it keeps the stored one. */
export const mask = '******'

/** The secret fields of resources on their way into the store and out of it. */
export interface Secrets {
  encrypt(type: ResourceType, value: JsonObject): JsonObject
  /** @throws SECRET_KEY_MISSING, SECRET_UNREADABLE */
  decrypt(type: ResourceType, value: JsonObject): JsonObject
  mask(type: ResourceType, value: JsonObject): JsonObject
  /** For an answer: decrypted, but masked where it does not decrypt, so that one lost key does not hide a whole list. */
  reveal(type: ResourceType, entry: ConfigEntry): JsonObject
  /**
   * Puts the stored secrets in the place of masks.
   *
   * @throws RequestInvalidError where nothing is stored to keep
   */
  restoreMasked(type: ResourceType, value: JsonObject, stored: JsonObject | undefined): JsonObject
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
    encrypt: (type, value) => mapSecrets(type, value, registry, cipher.encrypt),
    decrypt: (type, value) => mapSecrets(type, value, registry, cipher.decrypt),
    mask: (type, value) => mapSecrets(type, value, registry, () => mask),
    reveal: (type, { key, value }) =>
      mapSecrets(type, value, registry, (text, location) => reveal(text, key, location)),
    restoreMasked(type, value, stored) {
      const known = new Map<string, string>()
      mapSecrets(type, stored ?? {}, registry, (text, location) => {
        known.set(location, text)
        return text
      })
      return mapSecrets(type, value, registry, (text, location) => {
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
