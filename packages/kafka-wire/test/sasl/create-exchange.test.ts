import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSaslExchange } from '../../src/sasl/create-exchange.ts'

test('PLAIN sends user name and password once', async () => {
  const exchange = await createSaslExchange({ mechanism: 'PLAIN', username: 'ada', password: 'love=lace,1' })
  assert.equal(String(await exchange.respond(undefined)), '\0ada\0love=lace,1')
  assert.equal(await exchange.respond(Buffer.alloc(0)), undefined)
})

test('SCRAM speaks the hash that is asked for', async () => {
  for (const [mechanism, bytes] of [
    ['SCRAM-SHA-256', 32],
    ['SCRAM-SHA-512', 64],
  ] as const) {
    const exchange = await createSaslExchange({ mechanism, username: 'ada', password: 'secret' })
    const nonce = String(await exchange.respond(undefined)).split('r=')[1]
    const final = String(await exchange.respond(Buffer.from(`r=${nonce}x,s=c2FsdA==,i=4096`)))
    assert.equal(Buffer.from(final.split('p=')[1] ?? '', 'base64').length, bytes)
  }
})

test('refuses empty names and control characters, without showing the password', async () => {
  const refuse = async (username: string, password: string, message: RegExp): Promise<void> => {
    await assert.rejects(
      () => createSaslExchange({ mechanism: 'PLAIN', username, password }),
      (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      },
    )
  }
  await refuse('a\0b', 'hunter2', /sasl\.username holds control characters/)
  await refuse('ada', 'hunter2\n', /sasl\.password holds control characters/)
  await refuse('', 'hunter2', /sasl\.username is empty/)
})
