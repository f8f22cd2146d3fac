import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../src/json.ts'
import { routesChanged } from '../src/routes-changed.ts'
import { emptyTable, recordingPlugin, revisionOf, upstream } from './support/route-table.ts'

const start: Readonly<Record<string, JsonObject>> = {
  '/upstreams/u': upstream,
  '/services/s': { upstream_id: 'u', plugins: { p: { password: '<x>' } } },
  '/routes/inline': { uri: '/inline', upstream, plugins: { p: { password: '<x>' } } },
  '/routes/served': { uri: '/served', service_id: 's' },
  '/routes/other': { uri: '/other', upstream_id: 'u' },
  '/plugin_configs/c': { plugins: { p: {} } },
  '/routes/configured': { uri: '/configured', upstream, plugin_config_id: 'c' },
  '/ssls/client': { type: 'client', cert: 'C', key: '<K>' },
  '/routes/certified': { uri: '/certified', upstream: { ...upstream, tls: { client_cert_id: 'client' } } },
}

const cases: readonly (readonly [name: string, change: Record<string, JsonObject | null>, changed: string[]])[] = [
  ['an equal put', { ...start }, []],
  [
    'another spelling of the same secret',
    { '/routes/inline': { ...start['/routes/inline'], plugins: { p: { password: 'x' } } } },
    [],
  ],
  ['a default that is written out', { '/upstreams/u': { ...upstream, kafka: { fetch_max_bytes: 1048576 } } }, []],
  [
    'descriptions and times',
    {
      '/routes/inline': { ...start['/routes/inline'], name: 'n', desc: 'd', labels: { a: 'b' }, update_time: 5 },
      '/services/s': { ...start['/services/s'], name: 'n', desc: 'd' },
      '/upstreams/u': { ...upstream, name: 'n', labels: { a: 'b' }, create_time: 1 },
    },
    [],
  ],
  [
    'conditions',
    { '/routes/inline': { ...start['/routes/inline'], uri: '/moved', methods: ['GET'], priority: 5 } },
    [],
  ],
  ['an unrelated route', { '/routes/new': { uri: '/new', upstream } }, []],
  ['a deleted route', { '/routes/inline': null }, ['inline']],
  ['a route switched off', { '/routes/inline': { ...start['/routes/inline'], status: 0 } }, ['inline']],
  [
    'a plugin of the route',
    { '/routes/inline': { ...start['/routes/inline'], plugins: { p: { password: '<y>' } } } },
    ['inline'],
  ],
  ['a plugin of the service', { '/services/s': { upstream_id: 'u' } }, ['served']],
  ['nodes', { '/upstreams/u': { ...upstream, nodes: { 'b:1': 1 } } }, ['other', 'served']],
  ['an option of the scheme', { '/upstreams/u': { ...upstream, kafka: { fetch_max_bytes: 1 } } }, ['other', 'served']],
  ['tls', { '/upstreams/u': { ...upstream, tls: {} } }, ['other', 'served']],
  ['any other field of the upstream', { '/upstreams/u': { ...upstream, retries: 1 } }, ['other', 'served']],
  [
    'a timeout of the route',
    { '/routes/other': { ...start['/routes/other'], timeout: { connect: 1, send: 1, read: 1 } } },
    ['other'],
  ],
  ['a plugin of the plugin config', { '/plugin_configs/c': { plugins: { p: { tries: 9 } } } }, ['configured']],
  ['descriptions of the plugin config', { '/plugin_configs/c': { desc: 'd', plugins: { p: {} } } }, []],
  ['a deleted plugin config', { '/plugin_configs/c': null }, ['configured']],
  ['another certificate', { '/ssls/client': { type: 'client', cert: 'C2', key: '<K2>' } }, ['certified']],
  ['a certificate that is the same', { '/ssls/client': { type: 'client', cert: 'C', key: 'K', update_time: 1 } }, []],
  ['a deleted certificate', { '/ssls/client': null }, ['certified']],
  ['a global rule', { '/global_rules/1': { plugins: { p: {} } } }, []],
  ['a deleted service', { '/services/s': null }, ['served']],
  ['another way to the same upstream', { '/routes/other': { uri: '/other', upstream } }, []],
]

for (const [name, change, changed] of cases) {
  test(`sockets to close after ${name}: ${changed.join(', ') || 'none'}`, () => {
    const before = emptyTable([recordingPlugin('p', 1)]).table.with(revisionOf(1, start))
    const live = ['certified', 'configured', 'inline', 'other', 'served']
    assert.deepEqual(routesChanged(before, before.with(revisionOf(2, change)), live), changed)
    assert.deepEqual(routesChanged(before, before.with(revisionOf(2, change)), []), [])
  })
}

test('plugin instances and upstream are kept while nothing that counts changes', () => {
  const built: unknown[] = []
  const before = emptyTable([recordingPlugin('p', 1, built)]).table.with(revisionOf(1, start))
  const old = before.route('inline')
  const after = before.with(revisionOf(2, { '/routes/inline': { ...start['/routes/inline'], name: 'new' } }))
  const next = after.route('inline')
  assert.equal(next?.name, 'new')
  assert.equal(next.plugins, old?.plugins)
  assert.equal(next.upstream, old?.upstream)
  assert.equal(built.length, 1)
})

test('a route is built once, and not before it is used', () => {
  const built: unknown[] = []
  const table = emptyTable([recordingPlugin('p', 1, built)]).table.with(revisionOf(1, start))
  assert.equal(built.length, 0)
  assert.equal(table.route('inline'), table.route('inline'))
  assert.equal(built.length, 1)
})
