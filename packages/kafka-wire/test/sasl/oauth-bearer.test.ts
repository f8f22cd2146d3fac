import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createOAuthBearer, extensionProblem, isBearerToken } from '../../src/sasl/oauth-bearer.ts'

const onRefused = () => undefined

describe('OAUTHBEARER', () => {
  test('sends the token and the extensions in one message (RFC 7628 section 4.1, KIP-342)', async () => {
    const exchange = createOAuthBearer({
      token: 'vF9dft4qmT==',
      extensions: { trace: 'a b=c', Cluster: '1' },
      onRefused,
    })
    assert.equal(
      String(await exchange.respond(undefined)),
      'n,,\x01auth=Bearer vF9dft4qmT==\x01trace=a b=c\x01Cluster=1\x01\x01',
    )
    assert.equal(await exchange.respond(Buffer.alloc(0)), undefined)
    assert.equal(exchange.refused?.(), undefined)
  })

  test('acknowledges the error of a server and tells its fields (RFC 7628 section 4.3)', async () => {
    const exchange = createOAuthBearer({ token: 't0ken', extensions: {}, onRefused: () => 'it expired' })
    await exchange.respond(undefined)
    const error = '{"status":"invalid_token","scope":"a\\u0007 b","openid-configuration":"https://x/t0ken","other":1}'
    assert.deepEqual(await exchange.respond(Buffer.from(error)), Buffer.of(1))
    const told = 'the broker refuses the token: status invalid_token, scope a b, openid-configuration https://x/******'
    assert.equal(exchange.refused?.(), `${told}; it expired`)
    await assert.rejects(exchange.respond(Buffer.alloc(0)), { code: 'KAFKA_SASL_FAILED', message: told })
  })

  for (const [name, error, told] of [
    ['a field that is told', String.raw`{"status":"no \u0061/b.c"}`, 'status no ******'],
    ['another field', String.raw`{"got":"a\/b.c"}`, '{"got":"******"}'],
    ['a text that is no JSON', String.raw`got "a\/b\u002ec"`, 'got "******"'],
  ] as const) {
    test(`shows no token that the server repeats escaped: ${name}`, async () => {
      const exchange = createOAuthBearer({ token: 'a/b.c', extensions: {}, onRefused })
      await exchange.respond(undefined)
      await exchange.respond(Buffer.from(error))
      assert.equal(exchange.refused?.(), `the broker refuses the token: ${told}`)
    })
  }

  test('shows an error that is no JSON bounded and on one line', async () => {
    const exchange = createOAuthBearer({ token: 't', extensions: {}, onRefused })
    await exchange.respond(undefined)
    await exchange.respond(Buffer.from(`no\r\nway ${'x'.repeat(1000)}`))
    assert.match(exchange.refused?.() ?? '', /^the broker refuses the token: no way x{193}…$/)
  })

  test('sends nothing that would break its message', () => {
    const create = (token: string, extensions: Record<string, string> = {}) =>
      createOAuthBearer({ token, extensions, onRefused })
    for (const token of ['', 'a b', 'a\x01b', 'ä', '=a']) {
      assert.equal(isBearerToken(token), false)
      assert.throws(() => create(token), { code: 'KAFKA_SASL_FAILED', message: /not of the form of a bearer token/ })
    }
    for (const [name, value] of [
      ['auth', 'x'],
      ['AUTH', 'x'],
      ['a1', 'x'],
      ['', 'x'],
      ['a', ''],
      ['a', 'x\x01auth=Bearer y'],
      ['a', 'ü'],
    ] as const) {
      assert.notEqual(extensionProblem({ [name]: value }), undefined, `${name}=${value}`)
      assert.throws(() => create('t', { [name]: value }), { code: 'KAFKA_SASL_FAILED' })
    }
    assert.equal(extensionProblem({ traceId: 'a b\t=', X: '~' }), undefined)
  })
})
