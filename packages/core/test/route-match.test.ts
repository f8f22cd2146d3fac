import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../src/json.ts'
import type { MatchRequest } from '../src/match-request.ts'
import type { RouteTable } from '../src/route-table.ts'
import { matchRequest } from './support/match-request.ts'
import { emptyTable, revisionOf, upstream } from './support/route-table.ts'

function tableOf(routes: Readonly<Record<string, JsonObject>>): RouteTable {
  const changes = Object.entries(routes).map(([id, route]) => [`/routes/${id}`, { upstream, ...route }] as const)
  return emptyTable().table.with(revisionOf(1, Object.fromEntries(changes)))
}

function routeId(table: RouteTable, request: Partial<MatchRequest>): string | undefined {
  return table.match(matchRequest(request))?.route.id
}

const cases: readonly {
  readonly name: string
  readonly routes: Readonly<Record<string, JsonObject>>
  readonly hits: readonly (readonly [Partial<MatchRequest>, string | undefined])[]
}[] = [
  {
    name: 'exact uri, then the longest prefix',
    routes: { root: { uri: '/*' }, foo: { uri: '/foo/*' }, bar: { uri: '/foo/bar' }, open: { uri: '/foo*' } },
    hits: [
      [{ path: '/foo/bar' }, 'bar'],
      [{ path: '/foo/bar/' }, 'foo'],
      [{ path: '/foo/' }, 'foo'],
      [{ path: '/foo' }, 'open'],
      [{ path: '/foobar' }, 'open'],
      [{ path: '/' }, 'root'],
    ],
  },
  {
    name: 'no route',
    routes: { foo: { uri: '/foo' }, prefix: { uri: '/p/*' } },
    hits: [
      [{ path: '/' }, undefined],
      [{ path: '/foo/' }, undefined],
      [{ path: '/p' }, undefined],
      [{ path: '/FOO' }, undefined],
    ],
  },
  {
    name: 'any of uris',
    routes: { a: { uris: ['/a', '/b/*'] } },
    hits: [
      [{ path: '/a' }, 'a'],
      [{ path: '/b/c' }, 'a'],
    ],
  },
  {
    name: 'an exact uri wins over a priority, a priority over a longer uri of the same prefix',
    routes: {
      exact: { uri: '/a/b' },
      high: { uri: '/a/*', priority: 9 },
      low: { uri: '/a/:x', priority: -1 },
      same: { uri: '/c/:x/y' },
      longer: { uri: '/c/:x/yy*' },
    },
    hits: [
      [{ path: '/a/b' }, 'exact'],
      [{ path: '/a/c' }, 'high'],
      [{ path: '/c/1/yyy' }, 'longer'],
      [{ path: '/c/1/y' }, 'same'],
    ],
  },
  {
    name: 'exact host, then the longest wildcard, then no host',
    routes: {
      none: { uri: '/*' },
      any: { uri: '/*', host: '*' },
      wide: { uri: '/*', host: '*.com' },
      narrow: { uri: '/*', hosts: ['*.foo.com', 'other.com'] },
      exact: { uri: '/only', host: 'A.foo.com' },
    },
    hits: [
      [{ host: 'a.foo.com', path: '/only' }, 'exact'],
      [{ host: 'a.foo.com', path: '/' }, 'narrow'],
      [{ host: 'x.y.foo.com' }, 'narrow'],
      [{ host: 'other.com' }, 'narrow'],
      [{ host: 'foo.com' }, 'wide'],
      [{ host: 'foo.org' }, 'any'],
      [{ host: '' }, 'any'],
    ],
  },
  {
    name: 'a wildcard without a dot matches inside a label',
    routes: { a: { uri: '/', host: '*foo.com' } },
    hits: [
      [{ host: 'barfoo.com' }, 'a'],
      [{ host: 'foo.com' }, 'a'],
      [{ host: 'foo.org' }, undefined],
    ],
  },
  {
    name: 'a failing method falls back to a less specific route',
    routes: { post: { uri: '/a', methods: ['POST'] }, all: { uri: '/*', methods: [] } },
    hits: [
      [{ path: '/a', method: 'POST' }, 'post'],
      [{ path: '/a' }, 'all'],
    ],
  },
  {
    name: 'a failing address falls back',
    routes: {
      inside: { uri: '/a', remote_addr: '10.0.0.0/8' },
      two: { uri: '/a', remote_addrs: ['::1', '192.0.2.1'] },
    },
    hits: [
      [{ path: '/a', remoteAddress: '10.9.9.9' }, 'inside'],
      [{ path: '/a', remoteAddress: '::1' }, 'two'],
      [{ path: '/a', remoteAddress: '::ffff:192.0.2.1' }, 'two'],
      [{ path: '/a', remoteAddress: '192.0.2.2' }, undefined],
    ],
  },
  {
    name: 'failing vars fall back, to another host too',
    routes: {
      tenant: { uri: '/a', host: 'foo.com', vars: [['http_x_tenant', '==', 'blue']] },
      wild: { uri: '/a', host: '*.com', vars: [['arg_v', '==', '2']] },
      rest: { uri: '/*' },
    },
    hits: [
      [{ path: '/a', host: 'foo.com', headers: { 'x-tenant': 'blue' } }, 'tenant'],
      [{ path: '/a', host: 'foo.com', query: new URLSearchParams('v=2') }, 'wild'],
      [{ path: '/a', host: 'foo.com' }, 'rest'],
    ],
  },
  {
    name: 'vars see the parameters of the uri',
    routes: { orders: { uri: '/t/:topic', vars: [['uri_param_topic', '==', 'orders']] }, all: { uri: '/t/*' } },
    hits: [
      [{ path: '/t/orders' }, 'orders'],
      [{ path: '/t/other' }, 'all'],
    ],
  },
  {
    name: 'a route of status 0 is left out',
    routes: { off: { uri: '/a', status: 0 }, on: { uri: '/*', status: 1 } },
    hits: [[{ path: '/a' }, 'on']],
  },
  {
    name: 'between equals the lesser id, where they are of one age',
    routes: { b: { uri: '/a' }, a: { uri: '/a' } },
    hits: [[{ path: '/a' }, 'a']],
  },
]

for (const { name, routes, hits } of cases) {
  test(name, () => {
    const table = tableOf(routes)
    for (const [request, id] of hits) assert.equal(routeId(table, request), id, JSON.stringify(request))
  })
}

test('between equals the older route is found', () => {
  const { table } = emptyTable()
  const both = table
    .with(revisionOf(1, { '/routes/z': { uri: '/a', upstream } }))
    .with(revisionOf(2, { '/routes/a': { uri: '/a', upstream } }))
  assert.equal(routeId(both, { path: '/a' }), 'z')
})

test('a match tells the parameters of the uri', () => {
  const table = tableOf({ a: { uri: '/t/:topic/:partition' }, b: { uri: '/b' } })
  assert.deepEqual(table.match(matchRequest({ path: '/t/orders/0' }))?.params, { topic: 'orders', partition: '0' })
  assert.deepEqual(table.match(matchRequest({ path: '/b' }))?.params, {})
})

test('a route without hosts takes those of its service, and follows their change', () => {
  const values = {
    '/services/s': { hosts: ['foo.com'], upstream },
    '/routes/a': { uri: '/a', service_id: 's' },
    '/routes/b': { uri: '/b', service_id: 's', host: 'own.com' },
  }
  const first = emptyTable().table.with(revisionOf(1, values))
  assert.equal(routeId(first, { path: '/a', host: 'foo.com' }), 'a')
  assert.equal(routeId(first, { path: '/a', host: 'bar.com' }), undefined)
  assert.equal(routeId(first, { path: '/b', host: 'foo.com' }), undefined)
  assert.equal(routeId(first, { path: '/b', host: 'own.com' }), 'b')

  const second = first.with(revisionOf(2, { '/services/s': { hosts: ['bar.com'], upstream } }))
  assert.equal(routeId(second, { path: '/a', host: 'foo.com' }), undefined)
  assert.equal(routeId(second, { path: '/a', host: 'bar.com' }), 'a')
  assert.equal(routeId(first, { path: '/a', host: 'foo.com' }), 'a')

  const any = second.with(revisionOf(3, { '/services/s': { upstream } }))
  assert.equal(routeId(any, { path: '/a', host: 'whatever.org' }), 'a')
})

test('a route whose service is gone is not matched by its uri alone, and comes back with the service', () => {
  const route = { uri: '/a', service_id: 7 }
  const without = emptyTable().table.with(revisionOf(1, { '/routes/a': route }))
  assert.equal(routeId(without, { path: '/a' }), undefined)
  const back = without.with(revisionOf(2, { '/services/7': { hosts: ['foo.com'], upstream } }))
  assert.equal(routeId(back, { path: '/a', host: 'foo.com' }), 'a')
})

test('a route with vars that cannot be compiled is reported and left out', () => {
  const { table, problems } = emptyTable()
  const next = table.with(revisionOf(1, { '/routes/a': { uri: '/a', vars: ['x'], upstream } }))
  assert.equal(routeId(next, { path: '/a' }), undefined)
  assert.deepEqual(problems, ['/routes/a: rule should be wrapped inside brackets'])
})
