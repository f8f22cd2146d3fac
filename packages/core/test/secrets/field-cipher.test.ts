import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFieldCipher } from '../../src/secrets/field-cipher.ts'

const first = { id: 'k-1', key: Buffer.alloc(32, 1) }
const second = { id: 'k_2', key: Buffer.alloc(32, 2) }

test('gives back what it encrypted, and never encrypts twice alike', () => {
  const cipher = createFieldCipher([first])
  for (const text of ['', 'secret', 'é😀\0', 'x'.repeat(70_000), cipher.encrypt('twice')]) {
    const encrypted = cipher.encrypt(text)
    assert.match(encrypted, /^sluice:v1:k-1:[A-Za-z0-9+/]+={0,2}$/)
    assert.equal(cipher.decrypt(encrypted), text)
    assert.notEqual(cipher.encrypt(text), encrypted)
  }
})

test('encrypts with the first key and decrypts with all', () => {
  const encrypted = createFieldCipher([first]).encrypt('secret')
  const rotated = createFieldCipher([second, first])
  assert.equal(rotated.decrypt(encrypted), 'secret')
  assert.match(rotated.encrypt('secret'), /^sluice:v1:k_2:/)
})

test('lets plain text pass', () => {
  const cipher = createFieldCipher([first])
  for (const text of ['', 'plain', 'sluice:v1:', 'sluice:v2:k-1:AAAA', '$secret://vault/1/a']) {
    assert.equal(cipher.decrypt(text), text)
  }
})

test('names the key that is missing, not the value', () => {
  const encrypted = createFieldCipher([first]).encrypt('secret')
  assert.throws(() => createFieldCipher([second]).decrypt(encrypted), {
    code: 'SECRET_KEY_MISSING',
    message: /the key k-1, which is not among/,
  })
})

test('refuses what was altered or cut', () => {
  const cipher = createFieldCipher([first])
  const sealed = Buffer.from(cipher.encrypt('secret').split(':')[3] ?? '', 'base64')
  const altered = Buffer.from(sealed)
  altered[14] = (altered[14] ?? 0) ^ 1
  for (const bytes of [altered, sealed.subarray(0, 20), sealed.subarray(0, 3)]) {
    assert.throws(() => cipher.decrypt(`sluice:v1:k-1:${bytes.toString('base64')}`), {
      code: 'SECRET_UNREADABLE',
      message: /key k-1/,
    })
  }
})

test('needs a key of 32 bytes', () => {
  assert.throws(() => createFieldCipher([]), /without a key/)
  assert.throws(() => createFieldCipher([{ id: 'short', key: Buffer.alloc(16) }]), /short has 16 bytes: it needs 32/)
})
