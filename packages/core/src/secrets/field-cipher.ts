import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SecretKeyMissingError, SecretUnreadableError } from '../errors.ts'
import { createKeyringCipher } from './keyring-cipher.ts'

/** A key that secret fields are encrypted with. */
export interface FieldKey {
  /** Letters, digits, `-` and `_`; stored with every value. */
  readonly id: string
  /** 32 bytes. */
  readonly key: Buffer
}

/** Encrypts and decrypts single fields of stored resources. */
export interface FieldCipher {
  /** With the first key, a new nonce each time. */
  encrypt(text: string): string
  /**
   * Gives text that is not in the encrypted form back as it is.
   *
   * @throws SecretKeyMissingError, SecretUnreadableError naming the key's id
   */
  decrypt(text: string): string
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const encryptedForm = /^sluice:v1:([\w-]+):([A-Za-z0-9+/]+={0,2})$/

/**
 * Makes a cipher: AES-256-GCM (NIST SP 800-38D) with a random nonce; the text form is `sluice:v1:<key id>:<base64>` of nonce,
 * ciphertext and tag. No additional data is bound in: a value may move with its resource to another field or id.
 *
 * @param keys the first encrypts, all decrypt
 * @param keyring of APISIX: with one, what is written has APISIX's form, and both forms are read
 * @throws Error where there is no key or one has the wrong length
 */
export function createFieldCipher(keys: readonly FieldKey[], keyring: readonly string[] = []): FieldCipher {
  const [current] = keys
  if (current === undefined) throw new Error('secret fields cannot be encrypted without a key: give one')
  for (const { id, key } of keys) {
    if (key.length !== keyBytes) throw new Error(`encryption key ${id} has ${key.length} bytes: it needs ${keyBytes}`)
  }
  const byId = new Map(keys.map(({ id, key }) => [id, key]))
  const apisix = keyring.length === 0 ? undefined : createKeyringCipher(keyring)
  const encrypt = (text: string): string => `sluice:v1:${current.id}:${seal(current.key, text).toString('base64')}`
  return {
    encrypt: apisix?.encrypt ?? encrypt,
    decrypt(text) {
      const [, id, sealed] = encryptedForm.exec(text) ?? []
      if (id === undefined || sealed === undefined) return apisix?.decrypt(text) ?? text
      const key = byId.get(id)
      if (key === undefined) throw new SecretKeyMissingError(id)
      return unseal(id, key, Buffer.from(sealed, 'base64'))
    },
  }
}

function seal(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

function unseal(id: string, key: Buffer, sealed: Buffer): string {
  try {
    const end = sealed.length - tagBytes
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAuthTag(sealed.subarray(end))
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new SecretUnreadableError(id, { cause })
  }
}
