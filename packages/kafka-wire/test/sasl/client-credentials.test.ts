import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClientCredentials, requestToken } from '../../src/sasl/client-credentials.ts'
import type { FormAnswer, FormRequest } from '../../src/sasl/post-form.ts'

const credentials: ClientCredentials = {
  tokenUrl: 'https://auth.example:8443/token',
  clientId: 'a:b',
  clientSecret: 's3cret +&',
  scope: 'kafka read',
  ca: 'PEM',
}
const { signal } = new AbortController()
const from = (post: (request: FormRequest) => Promise<FormAnswer>, use = credentials) =>
  requestToken(use, { timeoutMs: 3000, signal }, post)
const answers = (status: number, body: unknown) => from(async () => ({ status, body: JSON.stringify(body) }))
const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`

describe('the client credentials grant', () => {
  test('asks as RFC 6749 says, id and secret encoded before they are joined', async () => {
    const asked: FormRequest[] = []
    const token = await from(async (request) => {
      asked.push(request)
      return { status: 200, body: '{"access_token":"t","token_type":"bearer","expires_in":60}' }
    })
    assert.deepEqual(token, { value: 't', lifetimeMs: 60_000 })
    const [request] = asked
    assert.ok(request !== undefined)
    assert.equal(request.url.href, credentials.tokenUrl)
    assert.equal(request.body, 'grant_type=client_credentials&scope=kafka+read')
    const basic = Buffer.from('a%3Ab:s3cret+%2B%26').toString('base64')
    assert.deepEqual(request.headers, { authorization: `Basic ${basic}`, accept: 'application/json' })
    assert.deepEqual([request.ca, request.timeoutMs, request.maxBytes, request.signal], ['PEM', 3000, 65536, signal])
  })

  test('knows how long a token lives: as the answer says, else as the token does, else five minutes', async () => {
    assert.equal((await answers(200, { access_token: 't', expires_in: '30' })).lifetimeMs, 30_000)
    assert.equal((await answers(200, { access_token: 't' })).lifetimeMs, 300_000)
    assert.equal((await answers(200, { access_token: 't', expires_in: ' ' })).lifetimeMs, 300_000)
    const before = Date.now()
    const exp = Math.ceil(before / 1000) + 90
    const { lifetimeMs } = await answers(200, { access_token: jwt({ exp }) })
    assert.ok(lifetimeMs <= exp * 1000 - before && lifetimeMs >= exp * 1000 - Date.now())
  })

  for (const [name, status, body, message, retriable] of [
    [
      'a wrong secret',
      401,
      { error: 'invalid_client', error_description: 'not s3cret +&\r\nbut \u202eelse' },
      'HTTP 401, invalid_client, not ****** but else: check sasl.oauth.client_id and sasl.oauth.client_secret of plugin kafka-proxy',
      false,
    ],
    [
      'a server that repeats what it got',
      400,
      { error: 'invalid_request', error_description: `Basic ${btoa('a%3Ab:s3cret+%2B%26')} is a:b s3cret+%2B%26` },
      'HTTP 400, invalid_request, Basic ****** is a:b ******',
      false,
    ],
    ['a bad scope', 400, { error: 'invalid_scope' }, 'HTTP 400, invalid_scope', false],
    ['a server in trouble', 503, 'try later', 'HTTP 503', true],
    ['too many requests', 429, {}, 'HTTP 429', true],
    [
      'a redirect',
      302,
      {},
      'HTTP 302: redirects are not followed, set the last address as sasl.oauth.token_url',
      false,
    ],
    ['another kind of server', 200, ['x'], 'its answer is not a JSON object: check sasl.oauth.token_url', false],
    [
      'an answer without token',
      200,
      { token: 't' },
      'its answer has no access_token that is a bearer token (RFC 6750)',
      false,
    ],
    [
      'a token of a type that repeats it',
      200,
      { access_token: 'abcdef', token_type: 'abcdef s3cret +&' },
      'it issues tokens of type ****** ******, not Bearer',
      false,
    ],
    [
      'a token of another type',
      200,
      { access_token: 't', token_type: 'mac' },
      'it issues tokens of type mac, not Bearer',
      false,
    ],
    [
      'a token without life',
      200,
      { access_token: 't', expires_in: 0 },
      'it issued a token that has expired already',
      true,
    ],
  ] as const) {
    test(`says so: ${name}`, async () => {
      await assert.rejects(answers(status, body), {
        code: 'KAFKA_TOKEN_FAILED',
        message: `no token for SASL OAUTHBEARER from auth.example:8443: ${message}`,
        retriable,
      })
    })
  }

  test('says so: the endpoint is not reached', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:8443'), { code: 'ECONNREFUSED' })
    for (const [cause, message] of [
      [refused, 'connect ECONNREFUSED 10.0.0.1:8443'],
      [new AggregateError([refused, refused], ''), 'connect ECONNREFUSED 10.0.0.1:8443'],
      [new DOMException('late', 'TimeoutError'), 'no answer within 3000 ms'],
      [
        Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
        'self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT): its certificate is not trusted, give its CA in sasl.oauth.ca',
      ],
    ] as const) {
      const rejected = from(() => Promise.reject(cause))
      const text = `no token for SASL OAUTHBEARER from auth.example:8443: ${message}`
      await assert.rejects(rejected, { code: 'KAFKA_TOKEN_FAILED', message: text, retriable: true, cause })
    }
  })

  test('bounds what the endpoint says', async () => {
    await assert.rejects(answers(400, { error: 'x'.repeat(5000), error_description: 7 }), {
      message: `no token for SASL OAUTHBEARER from auth.example:8443: HTTP 400, ${'x'.repeat(200)}…`,
    })
  })
})
