import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createFieldCipher } from '@sluice/core'
import { fixedKeys } from '../src/index.ts'
import { createTestAdmin, keys } from './support/admin.ts'

const asAdmin = { 'x-api-key': keys.admin }
const withSecret = { uri: '/a', plugins: { 'kafka-proxy': { sasl: { username: 'u', password: 'secret' } } } }

test('every answer says it is JSON, and names the server without a version', async () => {
  const { app } = createTestAdmin()
  const answers = [
    await app.inject({ url: '/apisix/admin/routes', headers: asAdmin }),
    await app.inject({ url: '/apisix/admin/routes' }),
    await app.inject({ url: '/apisix/admin/nope', headers: asAdmin }),
    await app.inject({ url: '/apisix/admin/routes?page=1&page_size=1', headers: asAdmin }),
    await app.inject({ url: '/apisix/admin/%zz' }),
  ]
  for (const { headers } of answers) {
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers.server, 'Sluice')
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-content-type-options'], 'nosniff')
  }
  assert.deepEqual(
    answers.map(({ headers }) => headers['x-api-version']),
    ['v3', undefined, 'v3', 'v3', undefined],
  )
})

test('a JSON body ends in one newline', async () => {
  const { app } = createTestAdmin()
  const { body } = await app.inject({ url: '/apisix/admin/routes', headers: asAdmin })
  assert.equal(body, '{"list":[],"total":0}\n')
})

for (const type of ['application/json', 'application/json; charset=latin1', 'text/plain', ';', undefined]) {
  test(`takes a body of content type ${type}`, async () => {
    const { app } = createTestAdmin()
    const headers = { ...asAdmin, ...(type === undefined ? {} : { 'content-type': type }) }
    const answer = await app.inject({ method: 'PUT', url: '/apisix/admin/services/1', headers, payload: '{}' })
    assert.equal(answer.statusCode, 201)
  })
}

test('a body without a length is cut off at the limit', async () => {
  const { app } = createTestAdmin({ bodyLimit: 100 })
  const payload = Readable.from([Buffer.alloc(60, ' '), Buffer.alloc(60, ' ')])
  const answer = await app.inject({ method: 'PUT', url: '/apisix/admin/services/1', headers: asAdmin, payload })
  assert.equal(answer.statusCode, 400)
  assert.deepEqual(answer.json(), {
    error_msg: 'invalid request body: request size 120 is greater than the maximum size 100 allowed',
  })
})

test('an address that is not allowed gets nowhere, whatever its key', async () => {
  const { app } = createTestAdmin()
  const answer = await app.inject({ url: '/apisix/admin/routes', headers: asAdmin, remoteAddress: '192.0.2.1' })
  assert.equal(answer.statusCode, 403)
  assert.deepEqual(answer.json(), {
    error_msg: 'the Admin API is closed to 192.0.2.1: add the address to deployment.admin.allow_admin',
  })
})

test('without keys nobody gets in', async () => {
  const { app } = createTestAdmin({ keys: fixedKeys([]) })
  const answer = await app.inject({ url: '/apisix/admin/routes', headers: asAdmin })
  assert.equal(answer.statusCode, 401)
})

test('the store holds secrets encrypted, and the log none at all', async () => {
  const { app, store, entries } = createTestAdmin()
  await app.inject({ method: 'PUT', url: '/apisix/admin/routes/1', headers: asAdmin, payload: withSecret })
  await app.inject({ method: 'PATCH', url: '/apisix/admin/routes/1', headers: asAdmin, payload: { name: 'n' } })
  await app.inject({ url: '/apisix/admin/routes/1', headers: { 'x-api-key': 'wrong-key' } })
  const text = JSON.stringify((await store.get('/routes/1'))?.value)
  assert.match(text, /"password":"sluice:v1:test:[^"]+"/)
  assert.deepEqual(
    entries.map(({ message }) => message),
    ['configuration changed', 'configuration changed', 'a request of the Admin API was refused'],
  )
  assert.doesNotMatch(JSON.stringify(entries), /secret|the-key-of|wrong-key/)
})

test('secrets are masked to all where it is configured', async () => {
  const { app } = createTestAdmin({ maskSecrets: true })
  await app.inject({ method: 'PUT', url: '/apisix/admin/routes/1', headers: asAdmin, payload: withSecret })
  const answer = await app.inject({ url: '/apisix/admin/routes/1', headers: asAdmin })
  assert.equal(answer.json().value.plugins['kafka-proxy'].sasl.password, '******')
})

test('a secret whose key is lost is shown masked and logged; changing the rest of it is refused', async () => {
  const { app, store, entries } = createTestAdmin()
  const password = createFieldCipher([{ id: 'lost', key: Buffer.alloc(32, 1) }]).encrypt('secret')
  const value = { id: '1', uri: '/a', plugins: { 'kafka-proxy': { sasl: { username: 'u', password } } } }
  await store.transact([], [{ kind: 'put', key: '/routes/1', value }])
  const shown = await app.inject({ url: '/apisix/admin/routes/1', headers: asAdmin })
  assert.equal(shown.json().value.plugins['kafka-proxy'].sasl.password, '******')
  const [warning] = entries
  assert.equal(warning?.message, 'a stored secret cannot be read')
  const refused = await app.inject({ method: 'PATCH', url: '/apisix/admin/routes/1', headers: asAdmin, payload: {} })
  assert.equal(refused.statusCode, 500)
  assert.match(refused.json().error_msg, /the key lost, which is not among the encryption keys/)
})

test('writes that come at once are served one after the other', async () => {
  const { app } = createTestAdmin()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      app.inject({ method: 'POST', url: '/apisix/admin/services', headers: asAdmin, payload: '{}' }),
    ),
  )
  assert.deepEqual(
    answers.map((answer) => answer.statusCode),
    answers.map(() => 201),
  )
  assert.equal(new Set(answers.map((answer) => answer.json().value.id)).size, 20)
})

test('a change by another writer between read and write is not overwritten', async () => {
  const { app, store } = createTestAdmin()
  await app.inject({ method: 'PUT', url: '/apisix/admin/services/1', headers: asAdmin, payload: '{}' })
  const slow = createTestAdmin({
    store: {
      ...store,
      async get(key) {
        const entry = await store.get(key)
        await store.transact([], [{ kind: 'put', key, value: { id: '1', name: 'other' } }])
        return entry
      },
    },
  })
  const request = { url: '/apisix/admin/services/1', headers: asAdmin }
  const answers = [
    await slow.app.inject({ ...request, method: 'PUT', payload: '{}' }),
    await slow.app.inject({ ...request, method: 'DELETE' }),
  ]
  for (const answer of answers) {
    assert.equal(answer.statusCode, 409)
    assert.match(answer.json().error_msg, /^\/apisix\/services\/1 was changed by somebody else/)
  }
  assert.equal((await store.get('/services/1'))?.value.name, 'other')
})

test('what fails inside is logged, and not shown', async () => {
  const { store } = createTestAdmin()
  const list = () => Promise.reject(new Error('disk /dev/x is gone'))
  const { app, entries } = createTestAdmin({ store: { ...store, list } })
  const answer = await app.inject({ url: '/apisix/admin/routes', headers: asAdmin })
  assert.equal(answer.statusCode, 500)
  assert.deepEqual(answer.json(), { error_msg: 'internal error, see the log of the gateway' })
  assert.match(String(Object.values(entries[0]?.fields ?? {})), /disk \/dev\/x is gone/)
})

test('browsers of configured origins may ask, others are told nothing', async () => {
  const { app } = createTestAdmin({ cors: { origins: ['https://a.example'] } })
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/apisix/admin/routes',
    headers: { origin: 'https://a.example' },
  })
  assert.equal(preflight.statusCode, 200)
  assert.equal(preflight.body, '')
  assert.equal(preflight.headers['access-control-allow-origin'], 'https://a.example')
  assert.equal(preflight.headers['access-control-allow-methods'], 'POST, GET, PUT, OPTIONS, DELETE, PATCH')
  const read = await app.inject({ url: '/apisix/admin/routes', headers: { ...asAdmin, origin: 'https://a.example' } })
  assert.equal(read.headers['access-control-max-age'], '3600')
  assert.equal(read.headers['access-control-allow-methods'], undefined)
  const other = await app.inject({ url: '/apisix/admin/routes', headers: { ...asAdmin, origin: 'https://b.example' } })
  assert.equal(other.statusCode, 403)
  assert.equal(other.headers['access-control-allow-origin'], undefined)
})

for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
  test(`a page of another site gets nowhere by ${method}, whatever its key`, async () => {
    const { app, store } = createTestAdmin()
    const headers = { ...asAdmin, origin: 'https://evil.example' }
    const url = method === 'HEAD' ? '/apisix/admin' : '/apisix/admin/services/1'
    const answer = await app.inject({ method, url, headers, ...(method === 'GET' ? {} : { payload: '{}' }) })
    assert.equal(answer.statusCode, 403)
    assert.equal(await store.get('/services/1'), undefined)
  })
}

test('a name that the gateway does not know is not answered to, before the key is looked at', async () => {
  const { app, entries } = createTestAdmin({ allowedHosts: ['127.0.0.1'] })
  const ask = (host: string) => app.inject({ url: '/apisix/admin/routes', headers: { host } })
  const refused = await ask('evil.example:9180')
  assert.equal(refused.statusCode, 403)
  assert.deepEqual(refused.json(), {
    error_msg:
      'the Admin API does not answer to the host evil.example:9180: add its name to deployment.admin.allowed_hosts',
  })
  assert.equal((await ask('127.0.0.1:9180')).statusCode, 401)
  assert.deepEqual(
    entries.map(({ level, message }) => `${level} ${message}`),
    Array(2).fill('warn a request of the Admin API was refused'),
  )
})

test('a client that is slow, or silent, is bounded in time', () => {
  const { server } = createTestAdmin().app
  const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = server
  assert.deepEqual(
    { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections },
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 65_000,
      timeout: 120_000,
      maxConnections: 1024,
    },
  )
})
