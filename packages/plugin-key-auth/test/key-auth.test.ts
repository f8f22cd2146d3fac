import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Consumer, type Consumers, createContextValues, isSluiceError, type RequestContext } from '@sluice/spi'
import keyAuth from '../src/index.ts'

const jack: Consumer = { username: 'jack' }
const guest: Consumer = { username: 'guest' }
const consumers: Consumers = {
  find: (value) => (value === 'jacks-key' ? { consumer: jack, config: { key: value } } : undefined),
  named: (username) => (username === 'guest' ? guest : undefined),
}

interface Sent {
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly query?: string
}

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const authenticate = (config: object, { headers = {}, query = '' }: Sent) => {
  const request = {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(query),
    headers,
    host: '',
    remoteAddress: '',
    params: {},
  }
  const ctx: RequestContext = {
    ...createContextValues(),
    request,
    route: { id: '1' },
    signal: new AbortController().signal,
    log,
  }
  return keyAuth.create(config).authenticate?.(ctx, consumers)
}

describe('key-auth', () => {
  it('knows the consumer by the key in the header, or else in the query', () => {
    assert.equal(authenticate({}, { headers: { apikey: 'jacks-key' } }), jack)
    assert.equal(authenticate({}, { query: 'apikey=jacks-key' }), jack)
    assert.equal(authenticate({}, { headers: { apikey: '' }, query: 'apikey=jacks-key' }), jack)
    assert.equal(authenticate({ header: 'X-Key' }, { headers: { 'x-key': 'jacks-key' } }), jack)
    assert.equal(authenticate({ query: 'k' }, { query: 'k=jacks-key' }), jack)
  })

  for (const [sent, code, text] of [
    [{}, 'KEY_AUTH_MISSING', 'Missing API key in request'],
    [{ headers: { apikey: '' } }, 'KEY_AUTH_MISSING', 'Missing API key in request'],
    [{ headers: { apikey: 'another' } }, 'KEY_AUTH_INVALID', 'Invalid API key in request'],
    [{ query: 'apikey=another' }, 'KEY_AUTH_INVALID', 'Invalid API key in request'],
    [{ headers: { apikey: 'another' }, query: 'apikey=jacks-key' }, 'KEY_AUTH_INVALID', 'Invalid API key in request'],
  ] as const) {
    it(`refuses ${JSON.stringify(sent)}`, () => {
      assert.throws(
        () => authenticate({ realm: 'the "inner" ring' }, sent),
        (error: unknown) => {
          assert.ok(isSluiceError(error))
          const { headers, message, place } = error
          assert.deepEqual([error.code, message, place.status], [code, text, 401])
          assert.deepEqual(headers, { 'www-authenticate': 'apikey realm="the \\"inner\\" ring"' })
          return true
        },
      )
    })
  }

  it('takes those without a valid key for the anonymous consumer, where there is one', () => {
    const config = { anonymous_consumer: 'guest' }
    assert.equal(authenticate(config, {}), guest)
    assert.equal(authenticate(config, { headers: { apikey: 'another' } }), guest)
    assert.equal(authenticate(config, { headers: { apikey: 'jacks-key' } }), jack)
    assert.throws(() => authenticate({ anonymous_consumer: 'gone' }, {}), { code: 'KEY_AUTH_MISSING' })
  })
})
