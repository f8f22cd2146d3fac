import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonObject, openMemoryStore } from '@sluice/core'
import type { Log } from '@sluice/spi'
import type { AuditRecord } from '../../src/audit/audit-log.ts'
import { followKeys } from '../../src/index.ts'
import { createTestAdmin, keys, testKeys } from '../support/admin.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }
const upstream = { type: 'roundrobin', nodes: { 'a:1': 1 } }

/** An Admin API whose keys come and go, and what is asked with one of them. */
async function open() {
  const store = openMemoryStore()
  const { table } = await followKeys(store, testKeys, quiet)
  const records: AuditRecord[] = []
  const log = {
    append: async (record: AuditRecord) => void records.push(record),
    read: async () => records.toReversed(),
  }
  const admin = createTestAdmin({ store, keys: table, isStandalone: true, audit: { log, hashKey: new Uint8Array(32) } })
  const ask = async (
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: JsonObject,
    key: string = keys.admin,
  ) => {
    const answer = await admin.app.inject({
      method,
      url: `/apisix/admin${path}`,
      headers: { 'x-api-key': key },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
  const make = async (name: string, body: JsonObject): Promise<string> => {
    const answer = await ask('PUT', `/keys/${name}`, body)
    assert.equal(answer.status, 201)
    return answer.body.key
  }
  return { ...admin, ask, make, records }
}

test('a key is shown once, stored hashed, good at once, and refused once it is revoked', async () => {
  const { ask, make, store } = await open()
  const key = await make('ci', { role: 'admin', desc: 'deploys' })
  assert.match(key, /^[0-9a-f]{64}$/)
  assert.doesNotMatch(JSON.stringify(await store.snapshot()), new RegExp(key))
  assert.equal((await ask('PUT', '/services/1', {}, key)).status, 201)
  const { body: shown } = await ask('GET', '/keys/ci')
  assert.partialDeepStrictEqual(shown, { name: 'ci', role: 'admin', desc: 'deploys' })
  assert.equal(shown.key ?? shown.sha256, undefined)
  const { body: all } = await ask('GET', '/keys')
  assert.deepEqual(
    all.list.map(({ name, role, is_fixed }: JsonObject) => [name, role, is_fixed]),
    [
      ['ops', 'admin', true],
      ['dashboard', 'viewer', true],
      ['ci', 'admin', undefined],
    ],
  )
  assert.equal((await ask('DELETE', '/keys/ci')).status, 200)
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 401)
  assert.equal((await ask('DELETE', '/keys/ci')).status, 404)
  assert.equal((await ask('GET', '/keys/ci')).status, 404)
})

test('a change keeps the key, rotation ends it, and a time to live ends it too', async () => {
  const { ask, make } = await open()
  const key = await make('ci', { role: 'admin' })
  const changed = await ask('PUT', '/keys/ci', { role: 'viewer' })
  assert.deepEqual([changed.status, changed.body.key], [200, undefined])
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 200)
  assert.equal((await ask('PUT', '/services/1', {}, key)).status, 401)
  const rotated = await ask('PUT', '/keys/ci?rotate=true', { role: 'viewer' })
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 401)
  assert.equal((await ask('GET', '/routes', undefined, rotated.body.key)).status, 200)
  const tried = await ask('PUT', '/keys/other?dry_run=true', { role: 'viewer' })
  assert.deepEqual([tried.status, tried.body.dry_run, tried.body.key], [201, true, undefined])
  assert.equal((await ask('GET', '/keys/other')).status, 404)
})

test('a restricted key does what its grants say, and nothing else', async () => {
  const { ask, make } = await open()
  await ask('PUT', '/upstreams/team-a', upstream)
  await ask('PUT', '/upstreams/team-b', upstream)
  const key = await make('team-a', {
    role: 'restricted',
    grants: [
      { resources: ['routes', 'consumers'], ids: ['team-a-*', 'shared'] },
      { resources: ['upstreams'], methods: ['GET'] },
    ],
  })
  const status = async (...[method, path, body]: [Parameters<typeof ask>[0], string, JsonObject?]) =>
    (await ask(method, path, body, key)).status
  const route = { uri: '/a', upstream_id: 'team-a' }
  assert.equal(await status('PUT', '/routes/team-a-1', route), 201)
  assert.equal(await status('PUT', '/routes/shared', route), 201)
  assert.equal(await status('PATCH', '/routes/team-a-1/uri', undefined), 400)
  assert.equal(await status('PUT', '/consumers/team-a-jack', { username: 'team-a-jack' }), 201)
  const credential = { plugins: { 'key-auth': { key: 'of-jack' } } }
  assert.equal(await status('PUT', '/consumers/team-a-jack/credentials/c', credential), 201)
  assert.equal(await status('GET', '/upstreams/team-b'), 200)
  assert.equal(await status('GET', '/schema/route'), 200)
  await ask('PUT', '/routes/team-b-1', route)
  for (const [method, path, body] of [
    ['PUT', '/routes/team-b-1', route],
    ['PUT', '/routes/team-a', route],
    ['PUT', '/routes', { ...route, id: 'team-b-1' }],
    ['POST', '/routes', route],
    ['GET', '/routes/team-b-1'],
    ['DELETE', '/routes/team-b-1'],
    ['PUT', '/upstreams/team-a', upstream],
    ['GET', '/services'],
    ['PUT', '/consumers/team-b', { username: 'team-b' }],
    ['PUT', '/consumers/team-b/credentials/c', credential],
    ['GET', '/keys'],
    ['PUT', '/keys/team-a', { role: 'admin' }],
    ['GET', '/audit'],
    ['GET', '/configs'],
    ['PUT', '/configs', {}],
  ] as const) {
    assert.equal(await status(method, path, body), 403, `${method} ${path}`)
  }
  const listed = await ask('GET', '/routes', undefined, key)
  assert.deepEqual(
    listed.body.list.map(({ value }: { value: JsonObject }) => value.id),
    ['shared', 'team-a-1'],
  )
  const refused = await ask('DELETE', '/routes/team-b-1', undefined, key)
  assert.equal(
    refused.body.error_msg,
    'the key team-a may not DELETE /apisix/admin/routes/team-b-1: use one that may, or have its grants changed',
  )
})

test('a viewer with grants reads all and writes what is granted; secrets stay masked', async () => {
  const { ask, make } = await open()
  const key = await make('half', { role: 'viewer', grants: [{ resources: ['consumers'] }] })
  const jack = { username: 'jack', plugins: { 'key-auth': { key: 'of-jack' } } }
  assert.equal((await ask('PUT', '/consumers/jack', jack, key)).status, 201)
  assert.equal((await ask('GET', '/consumers/jack', undefined, key)).body.value.plugins['key-auth'].key, '******')
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 200)
  assert.equal((await ask('PUT', '/services/1', {}, key)).status, 403)
  assert.equal((await ask('PUT', '/keys/half', { role: 'admin' }, key)).status, 403)
})

test('bad keys are refused with what is wrong', async () => {
  const { ask } = await open()
  const refused = async (name: string, body: JsonObject) => {
    const answer = await ask('PUT', `/keys/${name}`, body)
    assert.equal(answer.status, 400)
    return answer.body.error_msg
  }
  assert.match(await refused('a', {}), /^invalid configuration: property "role" is required$/)
  assert.match(await refused('a', { role: 'root' }), /^invalid configuration: property "role" validation failed/)
  assert.match(await refused('a', { role: 'viewer', key: 'mine' }), /additional properties forbidden, found key/)
  assert.match(await refused('a', { role: 'viewer', grants: [{ resources: ['rooms'] }] }), /"grants" validation failed/)
  assert.match(await refused('a%20b', { role: 'viewer' }), /^invalid key name: a b is not/)
  assert.match(await refused('ops', { role: 'viewer' }), /^the key ops is that of deployment\.admin\.admin_key/)
})

test('what else writes to the store makes and revokes keys as well; what is broken is refused', async () => {
  const { ask, make, store } = await open()
  const key = await make('ci', { role: 'viewer' })
  const entry = await store.get('/admin_keys/ci')
  await store.transact([], [{ kind: 'put', key: '/admin_keys/ci', value: { role: 'viewer', sha256: 'short' } }])
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 401)
  await store.transact([], [{ kind: 'put', key: '/admin_keys/again', value: entry?.value ?? {} }])
  assert.equal((await ask('GET', '/routes', undefined, key)).status, 200)
})

test('the audit log names the key, and shows requests whole, newest first', async () => {
  const { ask, make } = await open()
  const key = await make('ci', { role: 'admin' })
  await ask('PUT', '/services/1', {}, key)
  await ask('PUT', '/services/2', { nope: 1 }, key)
  const { body } = await ask('GET', '/audit?limit=2')
  assert.deepEqual(
    body.list.map(({ key_name, role, path, status, changes, stage }: JsonObject) => [
      key_name,
      role,
      path,
      status,
      Array.isArray(changes),
      stage,
    ]),
    [
      ['ci', 'admin', '/apisix/admin/services/2', 400, false, undefined],
      ['ci', 'admin', '/apisix/admin/services/1', 201, true, undefined],
    ],
  )
  assert.doesNotMatch(JSON.stringify((await ask('GET', '/audit')).body), new RegExp(key))
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'before=now']) {
    assert.equal((await ask('GET', `/audit?${query}`)).status, 400, query)
  }
})

test('a large configuration is for the role admin alone', async () => {
  const { ask, make } = await open()
  const key = await make('team', { role: 'restricted', grants: [{ resources: ['routes'] }] })
  const large = { routes: Array.from({ length: 14_000 }, (_, i) => ({ id: `r${i}`, uri: `/${'x'.repeat(100)}${i}` })) }
  const refused = await ask('POST', '/configs/validate', large, key)
  assert.match(refused.body.error_msg, /request size \d+ is greater than the maximum size 1572864 allowed/)
  const taken = await ask('POST', '/configs/validate', large)
  assert.doesNotMatch(String(taken.body.error_msg), /maximum size/)
})
