import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { KafkaAccess } from '../src/context.ts'
import { warnAboutPlainPassword } from '../src/plain-password.ts'

function warnings(sasl: KafkaAccess['sasl'], tls?: { readonly verify: boolean }): string[] {
  const told: string[] = []
  const log = {
    debug: () => {},
    info: () => {},
    warn: (_: object, text: string) => void told.push(text),
    error: () => {},
  }
  const nodes = [{ host: 'b', port: 9092, weight: 1 }]
  warnAboutPlainPassword(log, nodes, tls, sasl === undefined ? {} : { sasl })
  return told
}

it('warns of secrets that everyone on the way can read, and of no others', () => {
  const user = { username: 'u', password: 'p' }
  const token = { mechanism: 'OAUTHBEARER', oauth: { token: 't' } } as const
  const client = (tokenUrl: string) =>
    ({ mechanism: 'OAUTHBEARER', oauth: { tokenUrl, clientId: 'c', clientSecret: 's' } }) as const
  const tls = { verify: true }
  const password = 'SASL/PLAIN without TLS sends the password readable: set upstream.tls, or use SCRAM'
  const bearer = 'SASL/OAUTHBEARER without TLS sends the token readable: set upstream.tls'
  const secret = 'sasl.oauth.token_url without TLS sends the client secret readable: use https'
  assert.deepEqual(warnings(undefined), [])
  assert.deepEqual(warnings({ mechanism: 'PLAIN', ...user }), [password])
  assert.deepEqual(warnings({ mechanism: 'PLAIN', ...user }, tls), [])
  assert.deepEqual(warnings({ mechanism: 'SCRAM-SHA-256', ...user }), [])
  assert.deepEqual(warnings(token), [bearer])
  assert.deepEqual(warnings(token, tls), [])
  assert.deepEqual(warnings(client('http://auth.example/token')), [bearer, secret])
  assert.deepEqual(warnings(client('https://auth.example/token'), tls), [])
})
