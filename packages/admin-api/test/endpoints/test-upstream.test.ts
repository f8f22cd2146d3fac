import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistry, type JsonObject, openMemoryStore } from '@sluice/core'
import {
  type ContextKey,
  defineContextKey,
  definePlugin,
  type NodeTest,
  type Scheme,
  type UpstreamTest,
} from '@sluice/spi'
import { Type } from 'typebox'
import { testRegistry } from '../../../core/test/support/test-registry.ts'
import type { AuditRecord } from '../../src/audit/audit-log.ts'
import { followKeys } from '../../src/index.ts'
import { createTestAdmin, keys, noReach, testKeys } from '../support/admin.ts'

const token: ContextKey<string> = defineContextKey<string>('test-upstream.token')
const upstream = { type: 'none', scheme: 'kafka', nodes: { 'a.example:9092': 1 } }

/** An Admin API with a scheme whose tests are written down, one that has no tests, and a plugin that hands on a token. */
async function open({ requireVerify = false } = {}) {
  const tried: UpstreamTest[] = []
  const closed: string[] = []
  const records: AuditRecord[] = []
  let nodes: readonly NodeTest[] = []
  const kafka = testRegistry.schemes.get('kafka')
  assert.ok(kafka)
  const testable: Scheme = {
    ...kafka,
    testUpstream: async (test) => {
      tried.push(test)
      return nodes
    },
  }
  const handsOn = definePlugin({
    name: 'hands-on',
    priority: 1,
    config: Type.Object({ token: Type.String() }),
    secrets: ['token'],
    create: (config) => ({
      access: () => assert.fail('there is no client'),
      prepare: (values) => values.set(token, config.token),
      close: () => void closed.push(config.token),
    }),
  })
  const store = openMemoryStore()
  const { table } = await followKeys(store, testKeys, { debug() {}, info() {}, warn() {}, error() {} })
  const log = { append: async (record: AuditRecord) => void records.push(record), read: async () => records }
  const admin = createTestAdmin({
    store,
    registry: createRegistry([testable, { ...kafka, name: 'bare' }], [...testRegistry.plugins.values(), handsOn]),
    keys: table,
    requireVerify,
    audit: { log, hashKey: new Uint8Array(32) },
    reach: noReach,
  })
  const ask = async (method: 'PUT' | 'POST' | 'GET', path: string, body?: JsonObject, key: string = keys.admin) => {
    const answer = await admin.app.inject({
      method,
      url: `/apisix/admin${path}`,
      headers: { 'x-api-key': key },
      ...(body && { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const put = async (path: string, body: JsonObject): Promise<JsonObject> => {
    const { status, body: answer } = await ask('PUT', path, body)
    assert.equal(status, 201, JSON.stringify(answer))
    return answer
  }
  return { store, ask, put, tried, closed, records, answer: (given: readonly NodeTest[]) => (nodes = given) }
}

/** The one test that was tried. */
function only(tried: readonly UpstreamTest[]): UpstreamTest {
  const [test, ...more] = tried
  assert.ok(test && more.length === 0)
  return test
}

describe('a test of an upstream', () => {
  it('tells of each node step by step what the scheme found out, and stores nothing', async () => {
    const { ask, answer, tried, store, records } = await open()
    answer([
      { node: 'a.example:9092', steps: [{ step: 'dns', ms: 1.26, facts: { addresses: ['192.0.2.1'] } }] },
      { node: 'b.example:9092', steps: [{ step: 'tcp', ms: 2, error: { code: 'A_CODE', message: 'why' } }] },
    ])
    const { status, body } = await ask('POST', '/upstreams/test', upstream)
    assert.equal(status, 200)
    assert.deepEqual(body, {
      scheme: 'kafka',
      ok: false,
      nodes: [
        {
          node: 'a.example:9092',
          ok: true,
          duration_ms: 1.3,
          steps: [{ step: 'dns', ok: true, duration_ms: 1.3, addresses: ['192.0.2.1'] }],
        },
        {
          node: 'b.example:9092',
          ok: false,
          duration_ms: 2,
          steps: [{ step: 'tcp', ok: false, duration_ms: 2, error: { code: 'A_CODE', message: 'why' } }],
        },
      ],
    })
    const { upstream: resolved, topic, timeoutMs } = only(tried)
    assert.deepEqual(resolved.nodes, [{ host: 'a.example', port: 9092, weight: 1 }])
    assert.deepEqual([topic, timeoutMs], [undefined, 5000])
    assert.deepEqual((await store.snapshot()).entries, [])
    assert.deepEqual(records, [])
  })

  it('is as long and goes as far as it is asked to', async () => {
    const { ask, tried } = await open()
    assert.equal((await ask('POST', '/upstreams/test?topic=a%20b&timeout_ms=30000', upstream)).status, 200)
    const { topic, timeoutMs } = only(tried)
    assert.deepEqual([topic, timeoutMs], ['a b', 30_000])
  })

  it('checks a body as a PUT does', async () => {
    const { ask, tried } = await open()
    const cases: readonly (readonly [query: string, body: JsonObject | undefined, text: string])[] = [
      ['', undefined, 'missing configurations'],
      ['', { ...upstream, nodes: { 'a:0': 1 } }, 'invalid port 0'],
      ['', { ...upstream, create_time: 1 }, 'the property is forbidden:  create_time'],
      [
        '',
        { ...upstream, tls: { client_cert_id: 'none' } },
        'failed to fetch ssl info by ssl id [none], response code: 404',
      ],
      ['?timeout_ms=99', upstream, 'timeout_ms must be between 100 and 30000'],
      ['?timeout_ms=30001', upstream, 'timeout_ms must be between 100 and 30000'],
      ['?timeout_ms=1e3', upstream, 'timeout_ms must be between 100 and 30000'],
      ['?topic=', upstream, 'topic must not be empty: name one, or leave the parameter out'],
    ]
    for (const [query, body, text] of cases) {
      const { status, body: answer } = await ask('POST', `/upstreams/test${query}`, body)
      assert.deepEqual([status, answer.error_msg], [400, text])
    }
    assert.deepEqual(tried, [])
  })

  it('refuses what cannot be tried, and says why', async () => {
    const { ask, tried } = await open()
    const cases: readonly (readonly [body: JsonObject, text: RegExp])[] = [
      [{ ...upstream, scheme: 'bare' }, /^the upstream cannot be tested: the scheme bare has no tests$/],
      [{ ...upstream, scheme: 'http' }, /^the upstream cannot be tested: .*http/],
      [{ ...upstream, nodes: {} }, /^the upstream cannot be tested: it has 0 nodes/],
      [
        { ...upstream, nodes: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a:${i + 1}`, 1])) },
        /^the upstream cannot be tested: it has 65 nodes/,
      ],
    ]
    for (const [body, text] of cases) {
      const { status, body: answer } = await ask('POST', '/upstreams/test', body)
      assert.equal(status, 400)
      assert.match(answer.error_msg, text)
    }
    assert.deepEqual(tried, [])
  })

  it('keeps to the rule that TLS is verified', async () => {
    const { ask, store } = await open({ requireVerify: true })
    assert.equal((await ask('POST', '/upstreams/test', { ...upstream, tls: {} })).status, 400)
    const value = { id: 'old', ...upstream, tls: {} }
    await store.transact([], [{ kind: 'put', key: '/upstreams/old', value }])
    const { status, body } = await ask('POST', '/upstreams/old/test')
    assert.equal(status, 400)
    assert.match(body.error_msg, /^the upstream cannot be tested: .*verif/)
  })

  it('tries a stored upstream as it is stored', async () => {
    const { ask, put, tried } = await open()
    await put('/upstreams/test', upstream)
    assert.equal((await ask('POST', '/upstreams/test/test', {})).status, 200)
    assert.deepEqual(only(tried).upstream.nodes, [{ host: 'a.example', port: 9092, weight: 1 }])
    assert.equal((await ask('POST', '/upstreams/test/test', upstream)).status, 400)
    assert.equal((await ask('POST', '/upstreams/none/test')).status, 404)
    assert.equal((await ask('POST', '/upstreams/test/tests')).status, 404)
  })

  it('tries a route that is switched off, with what all its plugins have for the scheme, and closes them', async () => {
    const { ask, put, tried, closed, records } = await open()
    await put('/upstreams/1', upstream)
    await put('/services/1', { upstream_id: '1', plugins: { 'hands-on': { token: 'of the service' } } })
    await put('/routes/1', { uri: '/a', service_id: '1', status: 0 })
    // Those that were made to check a write.
    closed.splice(0)
    const before = records.length
    assert.equal((await ask('POST', '/routes/1/test')).status, 200)
    const test = only(tried.splice(0))
    assert.equal(test.values.get(token), 'of the service')
    assert.deepEqual(test.upstream.nodes, [{ host: 'a.example', port: 9092, weight: 1 }])
    assert.deepEqual(closed.splice(0), ['of the service'])
    assert.equal(records.length, before)

    await put('/global_rules/1', { plugins: { 'hands-on': { token: 'of all' } } })
    await put('/routes/2', { uri: '/b', upstream_id: '1' })
    assert.equal((await ask('POST', '/routes/2/test')).status, 200)
    assert.equal(only(tried.splice(0)).values.get(token), 'of all')
    assert.equal((await ask('POST', '/routes/1/test')).status, 200)
    assert.equal(only(tried).values.get(token), 'of the service')
    assert.equal((await ask('POST', '/routes/3/test')).status, 404)
  })

  it('is for keys that may POST the resource', async () => {
    const { ask, put } = await open()
    await put('/upstreams/team-1', upstream)
    await put('/upstreams/other', upstream)
    await put('/routes/team-1', { uri: '/a', upstream_id: 'other' })
    const make = async (name: string, grants: JsonObject[]): Promise<string> =>
      String((await put(`/keys/${name}`, { role: 'restricted', grants })).key)
    const named = await make('named', [{ resources: ['routes', 'upstreams'], ids: ['team-*'] }])
    const any = await make('any', [{ resources: ['upstreams'], methods: ['POST'] }])
    const reads = await make('reads', [{ resources: ['routes', 'upstreams'], methods: ['GET'] }])
    const cases: readonly (readonly [path: string, key: string, status: number])[] = [
      ['/upstreams/test', named, 403],
      ['/upstreams/team-1/test', named, 200],
      ['/upstreams/other/test', named, 403],
      ['/routes/team-1/test', named, 200],
      ['/upstreams/test', any, 200],
      ['/upstreams/other/test', any, 200],
      ['/routes/team-1/test', any, 403],
      ['/upstreams/test', reads, 403],
      ['/upstreams/team-1/test', reads, 403],
      ['/upstreams/test', keys.viewer, 401],
    ]
    for (const [path, key, status] of cases) {
      const body = path === '/upstreams/test' ? upstream : undefined
      assert.deepEqual([path, (await ask('POST', path, body, key)).status], [path, status])
    }
  })
})
