import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFieldCipher } from '../../src/secrets/field-cipher.ts'

const own = [{ id: 'k', key: Buffer.alloc(32, 7) }]
// Those that APISIX ships with.
const keyring = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']

test('what APISIX encrypted is read, and what is written it can read', () => {
  const cipher = createFieldCipher(own, keyring)
  assert.equal(cipher.encrypt('my-secret-key'), 'kK0lkbzXrE7aiTiyK/Z0Sw==')
  assert.equal(cipher.decrypt('kK0lkbzXrE7aiTiyK/Z0Sw=='), 'my-secret-key')
  const long = 'ünïcode '.repeat(500)
  assert.equal(cipher.decrypt(cipher.encrypt(long)), long)
  assert.equal(cipher.decrypt(cipher.encrypt('')), '')
})

test('every entry decrypts, also one of 32 bytes; the first one encrypts', () => {
  const old = createFieldCipher(own, ['0123456789abcdef0123456789abcdef']).encrypt('text')
  const cipher = createFieldCipher(own, [...keyring, '0123456789abcdef0123456789abcdef'])
  assert.equal(cipher.decrypt(old), 'text')
  assert.notEqual(cipher.encrypt('text'), old)
})

test('the own form is read beside it, and what is neither stays as it is', () => {
  const cipher = createFieldCipher(own, keyring)
  assert.equal(cipher.decrypt(createFieldCipher(own).encrypt('of before')), 'of before')
  for (const plain of ['', 'plain', 'c2hvcnQ=', 'AAAAAAAAAAAAAAAAAAAAAA==', 'a password', '$env://NAME']) {
    assert.equal(cipher.decrypt(plain), plain)
  }
  assert.equal(createFieldCipher(own).decrypt('kK0lkbzXrE7aiTiyK/Z0Sw=='), 'kK0lkbzXrE7aiTiyK/Z0Sw==')
})
