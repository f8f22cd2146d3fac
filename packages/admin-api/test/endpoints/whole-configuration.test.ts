import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/core'
import type { AuditLog, AuditRecord } from '../../src/audit/audit-log.ts'
import type { AdminApiOptions } from '../../src/index.ts'
import { createTestAdmin, keys } from '../support/admin.ts'

function standalone(options: Partial<AdminApiOptions> = {}) {
  const admin = createTestAdmin({ isStandalone: true, ...options })
  const ask = (
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    body?: JsonObject,
    headers: Record<string, string> = {},
  ) =>
    admin.app.inject({
      method,
      url: `/apisix/admin${path}`,
      headers: { 'x-api-key': keys.admin, ...headers },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
  return { ...admin, ask }
}

const upstream = { type: 'roundrobin', nodes: { 'a:1': 1 } }

const first: JsonObject = {
  routes: [
    { id: 'r1', uri: '/1', upstream_id: 'u' },
    { id: 'r2', uri: '/2', upstream },
  ],
  upstreams: [{ id: 'u', ...upstream }],
  consumers: [{ username: 'jack' }, { id: 'jack/credentials/c', plugins: { 'key-auth': { key: 'a-key' } } }],
}

test('puts a whole configuration, and what is as before keeps its index', async () => {
  const { ask, store } = standalone()
  const created = await ask('PUT', '/configs', first)
  assert.deepEqual([created.statusCode, created.json()], [202, { created: 5, updated: 0, deleted: 0 }])
  const before = await store.get('/routes/r1')
  const answer = await ask('PUT', '/configs', {
    ...first,
    routes: [
      { id: 'r3', uri: '/3', upstream },
      { id: 'r1', upstream_id: 'u', uri: '/1' },
    ],
    consumers: [{ username: 'jack', desc: 'of all trades' }],
  })
  assert.deepEqual([answer.statusCode, answer.json()], [202, { created: 1, updated: 1, deleted: 2 }])
  assert.deepEqual(await store.get('/routes/r1'), before)
  const { entries } = await store.snapshot()
  assert.deepEqual(
    entries.map(({ key }) => key),
    ['/consumers/jack', '/routes/r1', '/routes/r3', '/upstreams/u'],
  )
})

test('encrypts secrets, shows them to whom it may, and takes masked ones back', async () => {
  const { ask, store } = standalone()
  await ask('PUT', '/configs', first)
  const key = '/consumers/jack/credentials/c'
  const stored = await store.get(key)
  assert.match(JSON.stringify(stored?.value), /sluice:v1:/)
  const open = (await ask('GET', '/configs')).json()
  assert.equal(open.consumers[1].id, 'jack/credentials/c')
  assert.equal(open.consumers[1].plugins['key-auth'].key, 'a-key')
  const masked = (await ask('GET', '/configs', undefined, { 'x-api-key': keys.viewer })).json()
  assert.equal(masked.consumers[1].plugins['key-auth'].key, '******')
  for (const body of [open, masked]) {
    assert.deepEqual((await ask('PUT', '/configs', body)).json(), { created: 0, updated: 0, deleted: 0 })
  }
  assert.deepEqual(await store.get(key), stored)
})

test('is known by the digest that the caller gives, until something else changes', async () => {
  const { ask } = standalone()
  const put = await ask('PUT', '/configs', first, { 'x-digest': 'v1' })
  assert.deepEqual([put.statusCode, put.headers['x-digest']], [202, 'v1'])
  const again = await ask('PUT', '/configs', first, { 'x-digest': 'v1' })
  assert.deepEqual([again.statusCode, again.body], [204, ''])
  assert.equal((await ask('GET', '/configs')).headers['x-digest'], 'v1')
  await ask('PUT', '/routes/r9', { uri: '/9', upstream })
  const other = (await ask('GET', '/configs')).headers['x-digest']
  assert.match(String(other), /^[0-9a-f]{64}$/)
  await ask('DELETE', '/routes/r9')
  const back = (await ask('GET', '/configs')).headers['x-digest']
  assert.notEqual(back, other)
  assert.equal((await ask('PUT', '/configs', first, { 'x-digest': 'v1' })).statusCode, 202)
})

test('refuses to replace another configuration than the caller expects', async () => {
  const { ask, store } = standalone()
  const { headers } = await ask('GET', '/configs')
  await ask('PUT', '/configs', first)
  const { revision } = await store.snapshot()
  const late = await ask('PUT', '/configs', {}, { 'if-match': String(headers.etag) })
  assert.equal(late.statusCode, 412)
  assert.match(late.json().error_msg, /^If-Match is "[0-9a-f]+", and the configuration has the ETag "[0-9a-f]+":/)
  assert.equal((await store.snapshot()).revision, revision)
  const now = (await ask('GET', '/configs')).headers.etag
  assert.equal((await ask('PUT', '/configs', {}, { 'if-match': String(now) })).statusCode, 202)
})

test('stores nothing of a configuration with faults, and names them', async () => {
  const { ask, store, entries } = standalone()
  const refused = async (body: JsonObject) => {
    const answer = await ask('PUT', '/configs', body)
    assert.equal(answer.statusCode, 400)
    return answer
      .json()
      .errors.map((fault: JsonObject) => [fault.resource_type, fault.resource_id, fault.index, fault.error])
  }
  assert.deepEqual(await refused({ routes: [{ id: 'a', uri: 1 }] }), [
    [
      'routes',
      'a',
      0,
      'invalid configuration: property "uri" validation failed: wrong type: expected string, got number',
    ],
  ])
  assert.deepEqual(await refused({ routes: [{ id: 'a', uri: '/', upstream_id: 'u', service_id: 5 }] }), [
    ['routes', 'a', 0, 'refers to upstream u, which is not in the configuration'],
    ['routes', 'a', 0, 'refers to service 5, which is not in the configuration'],
  ])
  const keyAuth = { 'key-auth': { key: 'same' } }
  const limit = { 'limit-count': { count: 1, time_window: 1 } }
  assert.deepEqual(
    await refused({
      consumers: [
        { username: 'a', plugins: keyAuth },
        { username: 'b', plugins: keyAuth },
        { id: 'c/credentials/x', plugins: { 'key-auth': { key: 'other' } } },
      ],
      global_rules: [
        { id: 1, plugins: limit },
        { id: 2, plugins: limit },
      ],
    }),
    [
      ['consumers', 'b', 1, 'the key of plugin key-auth is that of consumers/a too'],
      ['consumers', 'c/credentials/x', 2, 'belongs to c, which is not among the consumers'],
      ['global_rules', 2, 1, 'plugin limit-count is that of global_rules/1 too'],
    ],
  )
  assert.deepEqual(await refused({ consumers: [{ username: 'a', plugins: { 'key-auth': { key: '******' } } }] }), [
    [
      'consumers',
      'a',
      0,
      'plugins.key-auth.key is masked (******), and nothing is stored there to keep: send the value itself',
    ],
  ])
  assert.equal((await ask('PUT', '/configs')).json().error_msg, 'invalid request body: empty request body')
  assert.equal((await store.snapshot()).revision, 0)
  assert.ok(!entries.some(({ message }) => message === 'configuration changed'))
})

test('tells in a dry run what would change', async () => {
  const { ask, store } = standalone()
  await ask('PUT', '/configs', first)
  const { revision } = await store.snapshot()
  const consumers = [{ username: 'jack' }, { id: 'jack/credentials/c', plugins: { 'key-auth': { key: 'new-key' } } }]
  const answer = await ask('PUT', '/configs?dry_run=true', { ...first, routes: [], consumers })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.json().dry_run, true)
  assert.deepEqual(
    answer
      .json()
      .changes.map(({ key, changes }: { key: string; changes: JsonObject[] }) => [
        key,
        changes.map(({ op, path }) => [op, path]),
      ]),
    [
      ['/apisix/routes/r1', [['remove', '']]],
      ['/apisix/routes/r2', [['remove', '']]],
      ['/apisix/consumers/jack/credentials/c', [['replace', '/plugins/key-auth/key']]],
    ],
  )
  assert.doesNotMatch(answer.body, /a-key|new-key/)
  assert.equal((await store.snapshot()).revision, revision)
})

test('never takes a lower version of a collection', async () => {
  const { ask } = standalone()
  assert.equal((await ask('PUT', '/configs', { routes_conf_version: 5 })).statusCode, 202)
  const lower = await ask('PUT', '/configs', { routes_conf_version: 4 })
  assert.deepEqual(
    [lower.statusCode, lower.json().error_msg],
    [400, 'routes_conf_version must be greater than or equal to (5)'],
  )
  assert.equal((await ask('PUT', '/configs', { routes_conf_version: 'x' })).statusCode, 400)
  assert.equal((await ask('GET', '/configs')).json().routes_conf_version, 5)
})

test('is in the audit log with all that it changes', async () => {
  const records: AuditRecord[] = []
  const log: AuditLog = {
    append: async (record) => void records.push(record),
    read: async () => [],
  }
  const { ask } = standalone({ audit: { log, hashKey: new Uint8Array(32) } })
  await ask('PUT', '/configs', first)
  const [intent, result] = records
  assert.ok(intent?.stage === 'intent' && result?.stage === 'result')
  assert.equal(intent.changes.length, 5)
  assert.deepEqual([result.path, result.status, result.revision], ['/apisix/admin/configs', 202, 1])
})

test('is for the role admin, and not there where the store is another one', async () => {
  const { ask } = standalone()
  assert.equal((await ask('PUT', '/configs', first, { 'x-api-key': keys.viewer })).statusCode, 401)
  const { app } = createTestAdmin()
  const answer = await app.inject({ url: '/apisix/admin/configs', headers: { 'x-api-key': keys.admin } })
  assert.deepEqual([answer.statusCode, answer.json()], [404, { error_msg: 'Unsupported resource type: configs' }])
})
