import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createContextValues, definePlugin, type RequestContext } from '@sluice/spi'
import Type from 'typebox'
import type { JsonObject } from '../src/json.ts'
import { runAccess } from '../src/pipeline.ts'
import { matchRequest } from './support/match-request.ts'
import { emptyTable, recordingPlugin, revisionOf, upstream } from './support/route-table.ts'

function effective(values: Readonly<Record<string, JsonObject>>, plugins = [recordingPlugin('p', 10)]) {
  const { table, problems } = emptyTable(plugins)
  return { route: table.with(revisionOf(1, values)).route('1'), problems }
}

test('resolves an inline upstream', () => {
  const timeout = { connect: 0.5, send: 2, read: 3 }
  const tls = { verify: true, client_cert: 'CERT', client_key: '<KEY>' }
  const { route } = effective({
    '/routes/1': { uri: '/', name: 'demo', enable_websocket: true, upstream: { ...upstream, timeout, tls } },
  })
  assert.equal(route?.name, 'demo')
  assert.equal(route.enableWebsocket, true)
  assert.equal(route.problem, undefined)
  assert.deepEqual(route.upstream, {
    scheme: 'kafka',
    nodes: [{ host: 'broker', port: 9092, weight: 1 }],
    tls: { verify: true, clientCert: 'CERT', clientKey: 'KEY' },
    timeouts: { connectMs: 500, sendMs: 2000, readMs: 3000 },
    options: { fetch_max_bytes: 1048576 },
  })
})

const nodes: readonly (readonly [nodes: JsonObject | readonly JsonObject[], resolved: readonly object[]])[] = [
  [
    { 'a:1': 2, b: 0 },
    [
      { host: 'a', port: 1, weight: 2 },
      { host: 'b', weight: 0 },
    ],
  ],
  [
    { '[::1]:9092': 1, '[::2]': 1 },
    [
      { host: '::1', port: 9092, weight: 1 },
      { host: '::2', weight: 1 },
    ],
  ],
  [{ '2001:db8::1': 1 }, [{ host: '2001:db8::1', weight: 1 }]],
  [[{ host: 'a', port: 1, weight: 3 }], [{ host: 'a', port: 1, weight: 3 }]],
  [[{ host: '[::1]', weight: 1 }], [{ host: '::1', weight: 1 }]],
  [{}, []],
]

for (const [written, resolved] of nodes) {
  test(`resolves the nodes ${JSON.stringify(written)}`, () => {
    const { route } = effective({ '/routes/1': { uri: '/', upstream: { scheme: 'kafka', nodes: written } } })
    assert.deepEqual(route?.upstream?.nodes, resolved)
  })
}

test('the upstream that counts: upstream_id, then upstream, of the route and then of the service', () => {
  const named = (host: string) => ({ scheme: 'kafka', nodes: { [host]: 1 } })
  const stored = { '/upstreams/1': named('u1'), '/upstreams/2': named('u2') }
  const service = { upstream: named('inline-service'), upstream_id: 2 }
  const hostOf = (route: JsonObject, ofService: JsonObject = service) =>
    effective({ ...stored, '/services/s': ofService, '/routes/1': { uri: '/', service_id: 's', ...route } }).route
      ?.upstream?.nodes[0]?.host
  assert.equal(hostOf({ upstream_id: '1', upstream: named('inline') }), 'u1')
  assert.equal(hostOf({ upstream: named('inline') }), 'inline')
  assert.equal(hostOf({}), 'u2')
  assert.equal(hostOf({}, { upstream: named('inline-service') }), 'inline-service')
})

test('timeout and enable_websocket of the route win', () => {
  const values = {
    '/services/1': { enable_websocket: true, upstream: { ...upstream, timeout: { connect: 1, send: 1, read: 1 } } },
    '/routes/1': { uri: '/', service_id: 1, timeout: { connect: 2, send: 2, read: 2 }, enable_websocket: false },
  }
  const { route } = effective(values)
  assert.equal(route?.upstream?.timeouts.connectMs, 2000)
  assert.equal(route.enableWebsocket, false)
  const { uri, service_id } = values['/routes/1']
  assert.equal(effective({ ...values, '/routes/1': { uri, service_id } }).route?.enableWebsocket, true)
})

test('plugins merge by name, are decrypted, get their defaults and run in order', () => {
  const built: unknown[] = []
  const plugins = ['low', 'high', 'off', 'same'].map((name, i) => recordingPlugin(name, [1, 9, 5, 1][i] ?? 0, built))
  const { route } = effective(
    {
      '/services/s': { plugins: { low: { password: '<service>', tries: 9 }, high: {} }, upstream },
      '/routes/1': {
        uri: '/',
        service_id: 's',
        plugins: { same: {}, low: { password: '<route>' }, off: { _meta: { disable: true } } },
      },
    },
    plugins,
  )
  assert.deepEqual(
    route?.plugins.map(({ name }) => name),
    ['high', 'low', 'same'],
  )
  assert.deepEqual(built, [{ tries: 3 }, { password: 'route', tries: 3 }, { tries: 3 }])
})

test('a plugin config is over the service and below the route', () => {
  const built: unknown[] = []
  const plugins = ['a', 'b', 'c'].map((name) => recordingPlugin(name, 1, built))
  const values = {
    '/services/s': { plugins: { a: { tries: 1 }, b: { tries: 1 }, c: { tries: 1 } }, upstream },
    '/plugin_configs/1': { plugins: { b: { password: '<config>' }, c: { tries: 2 } } },
    '/routes/1': { uri: '/', service_id: 's', plugin_config_id: 1, plugins: { c: { tries: 3 } } },
  }
  assert.equal(effective(values, plugins).route?.problem, undefined)
  assert.deepEqual(built, [{ tries: 1 }, { password: 'config', tries: 3 }, { tries: 3 }])
  const { '/plugin_configs/1': _, ...without } = values
  assert.equal(effective(without, plugins).route?.problem?.code, 'ROUTE_PLUGIN_CONFIG_MISSING')
})

test('the certificate of tls.client_cert_id stands in for one that is inline', () => {
  const tls = { verify: true, client_cert_id: 7 }
  const route = { uri: '/', upstream: { ...upstream, tls } }
  const at = (ssl: JsonObject) => effective({ '/ssls/7': ssl, '/routes/1': route }).route
  assert.deepEqual(at({ type: 'client', cert: 'CERT', key: '<KEY>' })?.upstream?.tls, {
    verify: true,
    clientCert: 'CERT',
    clientKey: 'KEY',
  })
  assert.equal(at({ cert: 'CERT', key: '<KEY>' })?.problem?.code, 'ROUTE_CLIENT_CERT_MISSING')
  assert.match(effective({ '/routes/1': route }).route?.problem?.message ?? '', /route 1 refers to ssl 7, which/)
})

test('references of plugins and certificates are followed, and one that leads nowhere is the problem of its route', () => {
  const built: unknown[] = []
  const at = (password: string) =>
    effective({ '/routes/1': { uri: '/', plugins: { p: { password } }, upstream } }, [recordingPlugin('p', 1, built)])
  assert.equal(at('$env://PASSWORD').route?.problem, undefined)
  assert.deepEqual(built, [{ password: 'from outside', tries: 3 }])
  const { route, problems } = at('$env://NOBODY')
  assert.equal(route?.problem?.code, 'SECRET_REFERENCE_UNRESOLVED')
  assert.match(problems.join(), /^\/routes\/1: the reference \$env:\/\/NOBODY cannot be followed/)
  const tls = { verify: true, client_cert_id: '7' }
  const ssl = { type: 'client', cert: '$env://BOTH/cert', key: '$ENV://BOTH/key' }
  const byId = effective({ '/ssls/7': ssl, '/routes/1': { uri: '/', upstream: { ...upstream, tls } } })
  assert.deepEqual(byId.route?.upstream?.tls, { verify: true, clientCert: 'CERT', clientKey: 'KEY' })
})

test('_meta.priority moves a plugin', () => {
  const plugins = [recordingPlugin('a', 1), recordingPlugin('b', 2)]
  const { route } = effective(
    { '/routes/1': { uri: '/', upstream, plugins: { a: { _meta: { priority: 3 } }, b: {} } } },
    plugins,
  )
  assert.deepEqual(
    route?.plugins.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('_meta.filter decides for each request, and a broken one counts as true', async () => {
  const calls: string[] = []
  const plugin = definePlugin({
    name: 'p',
    priority: 1,
    config: Type.Object({ tag: Type.String() }),
    secrets: [],
    create: ({ tag }) => ({
      access: () => {
        calls.push(tag)
      },
    }),
  })
  const run = async (tag: string, filter: JsonObject[string], version: string) => {
    const plugins = { p: { tag, _meta: { filter } } }
    const { route } = effective({ '/routes/1': { uri: '/', upstream, plugins } }, [plugin])
    const request = { ...matchRequest({ query: new URLSearchParams({ v: version }) }), params: {} }
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const ctx: RequestContext = {
      ...createContextValues(),
      request,
      route: { id: '1' },
      signal: new AbortController().signal,
      log,
    }
    await runAccess(route?.plugins ?? [], ctx)
  }
  await run('holds', [['arg_v', '==', '2']], '2')
  await run('fails', [['arg_v', '==', '2']], '1')
  await run('broken', ['x'], '1')
  assert.deepEqual(calls, ['holds', 'broken'])
})

const problems: readonly (readonly [
  values: Readonly<Record<string, JsonObject>>,
  code: string,
  status: number,
  message: string,
])[] = [
  [
    { '/routes/1': { uri: '/', upstream: { scheme: 'nats' } } },
    'ROUTE_SCHEME_NOT_INSTALLED',
    503,
    'scheme nats is not installed: change upstream.scheme to one that this gateway serves, or name its package in schemes of the configuration file',
  ],
  [
    { '/routes/1': { uri: '/', upstream: {} } },
    'ROUTE_SCHEME_NOT_INSTALLED',
    503,
    'scheme http is not installed: change upstream.scheme to one that this gateway serves, or name its package in schemes of the configuration file',
  ],
  [
    { '/routes/1': { uri: '/', upstream, plugins: { nope: {} } } },
    'ROUTE_PLUGIN_NOT_INSTALLED',
    503,
    'plugin nope is not installed: add it to plugins in the configuration file, or take it off the route',
  ],
  [
    { '/routes/1': { uri: '/', host: 'a', service_id: 's' } },
    'ROUTE_SERVICE_MISSING',
    404,
    'route 1 refers to service s, which does not exist: create it or change service_id',
  ],
  [
    { '/routes/1': { uri: '/', upstream_id: 5 } },
    'ROUTE_UPSTREAM_MISSING',
    503,
    'route 1 refers to upstream 5, which does not exist: create it or change upstream_id',
  ],
  [
    { '/routes/1': { uri: '/', plugins: {} } },
    'ROUTE_WITHOUT_UPSTREAM',
    503,
    'route 1 has no upstream: give it upstream, upstream_id or a service that has one',
  ],
]

for (const [values, code, status, message] of problems) {
  test(`a problem of the route: ${message}`, () => {
    const { route, problems: reported } = effective(values)
    assert.equal(route?.problem?.code, code)
    assert.equal(route.problem.place.status, status)
    assert.equal(route.problem.message, message)
    assert.equal(route.upstream, undefined)
    assert.deepEqual(reported, [])
  })
}

test('what cannot be read is a problem that is reported, without the value', () => {
  const unusable = (plugins: JsonObject) => effective({ '/routes/1': { uri: '/', upstream, plugins } })
  const undecryptable = unusable({ p: { password: '<broken>' } })
  assert.equal(undecryptable.route?.problem?.place.status, 500)
  assert.deepEqual(undecryptable.problems, [
    '/routes/1: route 1 cannot be served, its configuration is at fault: no key decrypts it',
  ])
  const wrong = unusable({ p: { password: 5 } })
  assert.deepEqual(wrong.problems, [
    '/routes/1: the configuration of plugin p does not fit its schema: password must be string; write the resource again',
  ])
})

test('TLS without verification is a problem of the route where verification is required, wherever the upstream is', () => {
  const { table, problems } = emptyTable([], true)
  const inline = (tls?: JsonObject) => ({ uri: '/', upstream: tls === undefined ? upstream : { ...upstream, tls } })
  const routes = table.with(
    revisionOf(1, {
      '/upstreams/u': { ...upstream, tls: {} },
      '/services/s': { upstream_id: 'u' },
      '/routes/empty': inline({}),
      '/routes/off': inline({ verify: false }),
      '/routes/on': inline({ verify: true }),
      '/routes/plaintext': inline(),
      '/routes/upstream': { uri: '/', upstream_id: 'u' },
      '/routes/service': { uri: '/', service_id: 's' },
    }),
  )
  for (const id of ['empty', 'off', 'upstream', 'service']) {
    const route = routes.route(id)
    assert.equal(route?.upstream, undefined, id)
    assert.equal(route?.problem?.code, 'ROUTE_TLS_UNVERIFIED')
    assert.equal(route.problem.place.status, 503)
    assert.match(route.problem.message, new RegExp(`route ${id} .*upstream\\.tls\\.verify to true`))
  }
  for (const id of ['on', 'plaintext']) assert.equal(routes.route(id)?.problem, undefined, id)
  assert.deepEqual(problems, [])
})
