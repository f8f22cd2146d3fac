import { createCipheriv, createDecipheriv } from 'node:crypto'

/** Encrypts and decrypts single fields as APISIX does (`apisix.data_encryption.keyring`). */
interface KeyringCipher {
  /** With the first entry; equal texts have equal ciphertexts. */
  encrypt(text: string): string
  /** With whichever entry fits; undefined for what none decrypts, as plain text is. */
  decrypt(text: string): string | undefined
}

const ivBytes = 16
const base64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2,3}={1,2}$/

/**
 * Makes the cipher of a keyring: AES-CBC with each entry as its key and its initialization vector, base64. Nothing tells
 * whether a text was altered, nor what is ciphertext: it is there for an etcd that APISIX reads and writes as well.
 *
 * @param keyring 16 or 32 bytes each
 */
export function createKeyringCipher(keyring: readonly string[]): KeyringCipher {
  const entries = keyring.map((entry) => {
    const key = Buffer.from(entry)
    return { algorithm: `aes-${key.length * 8}-cbc`, key, iv: key.subarray(0, ivBytes) }
  })
  return {
    encrypt(text) {
      const [first] = entries
      if (first === undefined) throw new Error('a keyring without entries cannot encrypt')
      const cipher = createCipheriv(first.algorithm, first.key, first.iv)
      return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
    },
    decrypt(text) {
      const sealed = base64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
      if (sealed.length === 0 || sealed.length % ivBytes !== 0) return undefined
      for (const { algorithm, key, iv } of entries) {
        try {
          const decipher = createDecipheriv(algorithm, key, iv)
          return new TextDecoder('utf-8', { fatal: true }).decode(
            Buffer.concat([decipher.update(sealed), decipher.final()]),
          )
        } catch {
          // Of another entry, or no ciphertext.
        }
      }
      return undefined
    },
  }
}
