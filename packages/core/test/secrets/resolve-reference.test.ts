import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferenceResolver, resolveReferences } from '../../src/secrets/resolve-reference.ts'

const environment = {
  PLAIN: 'hidden-plain',
  EMPTY: '',
  JSON: '{"user":"hidden-user","port":1,"__proto__":"hidden-own"}',
  TEXT: '"hidden-text"',
  NULL: 'null',
  SLUICE_ENCRYPTION_KEY: 'hidden-key',
}
const resolve = createReferenceResolver(environment)

const followed: readonly (readonly [text: string, secret: string])[] = [
  ['$env://PLAIN', 'hidden-plain'],
  ['$ENV://PLAIN', 'hidden-plain'],
  ['$env://EMPTY', ''],
  ['$env://JSON/user', 'hidden-user'],
  ['$env://JSON/__proto__', 'hidden-own'],
  ['a text', 'a text'],
  ['', ''],
  ['see $env://PLAIN', 'see $env://PLAIN'],
]
for (const [text, secret] of followed) {
  test(`${JSON.stringify(text)} gives ${JSON.stringify(secret)}`, () => assert.equal(resolve(text), secret))
}

const broken: readonly (readonly [text: string, why: RegExp])[] = [
  ['$env://NOBODY', /the environment variable is not set/],
  ['$env://toString', /the environment variable is not set/],
  ['$env://plain', /the environment variable is not set/],
  ['$env://PLAIN/user', /does not hold JSON/],
  ['$env://JSON/port', /has no such key with a string/],
  ['$env://JSON/toString', /has no such key with a string/],
  ['$env://TEXT/length', /has no such key with a string/],
  ['$env://NULL/user', /has no such key with a string/],
  ['$env://SLUICE_ENCRYPTION_KEY', /variables of the gateway itself/],
  ['$env://sluice_encryption_key', /variables of the gateway itself/],
  ['$env://', /write \$env:\/\/NAME/],
  ['$env://JSON/user/more', /write \$env:\/\/NAME/],
  ['$secret://vault/1/kafka/password', /it was not read/],
]
for (const [text, why] of broken) {
  test(`${text} is refused, without a secret in the error`, () => {
    assert.throws(
      () => resolve(text),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'SECRET_REFERENCE_UNRESOLVED')
        assert.match(error.message, why)
        assert.ok(error.message.includes(text))
        assert.doesNotMatch(`${error.message}${error.stack}${String(error.cause)}`, /hidden/)
        return true
      },
    )
  })
}

test('references at any depth are followed, and the configuration that holds them stays as it is', () => {
  const config = { a: '$env://PLAIN', list: ['$env://JSON/user', { deep: '$env://PLAIN' }], n: 1, none: null }
  const before = structuredClone(config)
  assert.deepEqual(resolveReferences(config, resolve), {
    a: 'hidden-plain',
    list: ['hidden-user', { deep: 'hidden-plain' }],
    n: 1,
    none: null,
  })
  assert.deepEqual(config, before)
})
