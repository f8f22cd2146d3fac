import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTarget } from '../src/target.ts'

const places: readonly (readonly [url: string, place: string])[] = [
  ['/', 'outside'],
  ['/apisix/admin', 'root'],
  ['/apisix/admin?a=/routes', 'root'],
  ['/apisix/adminx/routes', 'outside'],
  ['/apisix/admin/../routes/1', 'outside'],
  ['/apisix/admin/%2e%2e/routes/1', 'outside'],
  ['/apisix/admin/routes', 'routes'],
  ['/apisix/admin/routes/', 'routes'],
  ['/apisix/admin/routes/1/', 'routes 1'],
  ['/x/..//apisix/./admin/routes/1', 'routes 1'],
  ['/apisix/admin/routes/1/a/b?c=d', 'routes 1 a b'],
  // Decoded once, and before it is taken apart.
  ['/apisix/admin/routes%2F1', 'routes 1'],
  ['/apisix/admin/routes/%2531', 'routes %31'],
  ['/apisix/admin/routes/1%3Fforce=true', 'routes 1?force=true'],
]

for (const [url, place] of places) {
  test(`takes ${url} for ${place}`, () => {
    const target = parseTarget(url)
    const shown = typeof target === 'string' ? target : target.segments.join(' ')
    assert.equal(shown, place)
  })
}

// Every spelling of one resource is that resource, so that whoever may not have it gets it by none of them.
const spellings = [
  '/apisix/admin/routes/a-b',
  '/apisix/admin/routes/a-b/',
  '/apisix/admin/routes//a-b',
  '//apisix///admin//routes////a-b//',
  '/./apisix/./admin/./routes/./a-b/.',
  '/apisix/admin/x/../routes/y/../a-b',
  '/apisix/admin/plugins/list/../../routes/a-b',
  '/apisix/admin/routes/%61-b',
  '/apisix/admin/routes/a%2Db',
  '/apisix/admin/routes/a%2db',
  '/apisix/admin/routes%2Fa-b',
  '/apisix/admin/routes%2fa-b',
  '/apisix%2fadmin%2froutes%2fa-b',
  '/apisix/admin/%72%6f%75%74%65%73/a-b',
  '/apisix/admin/x%2f%2e%2e%2froutes/a-b',
  '/apisix/admin/x/%2e%2e/routes/%2E/a-b',
  '/apisix/admin/routes/a-b?/../../services/1',
  '/apisix/admin/routes/a-b?x=%2e%2e%2f',
]

for (const url of spellings) {
  test(`takes ${url} for the route a-b`, () => {
    const target = parseTarget(url)
    assert.ok(typeof target === 'object')
    assert.deepEqual(target.segments, ['routes', 'a-b'])
    assert.equal(target.path.replace(/\/$/, ''), '/apisix/admin/routes/a-b')
  })
}

// What only looks like it is something else: the names that a store and a check see are the same.
const lookalikes: readonly (readonly [url: string, segments: readonly string[]])[] = [
  ['/apisix/admin/Routes/a-b', ['Routes', 'a-b']],
  ['/apisix/admin/routes/A-B', ['routes', 'A-B']],
  ['/apisix/admin/routes/a-b%20', ['routes', 'a-b ']],
  ['/apisix/admin/routes/a-b;x', ['routes', 'a-b;x']],
  ['/apisix/admin/routes\\a-b', ['routes\\a-b']],
  ['/apisix/admin/routes%5Ca-b', ['routes\\a-b']],
  ['/apisix/admin/routes/a-b%23', ['routes', 'a-b#']],
  ['/apisix/admin/routes%252Fa-b', ['routes%2Fa-b']],
  ['/apisix/admin/%252e%252e/routes', ['%2e%2e', 'routes']],
  ['/apisix/admin/routes/...', ['routes', '...']],
]

for (const [url, segments] of lookalikes) {
  test(`takes ${url} for ${segments.join(' and ')}`, () => {
    const target = parseTarget(url)
    assert.ok(typeof target === 'object')
    assert.deepEqual(target.segments, segments)
  })
}

for (const url of [
  'http://localhost/apisix/admin/routes',
  '*',
  '/apisix/admin/%c0%af',
  '/%2e%2e%2fapisix/admin',
  '/apisix/admin/../../../etc',
  '/apisix/admin/%zz',
  '/apisix/admin/%00',
  'apisix/admin',
  '/%ff',
]) {
  test(`refuses ${url}`, () => {
    assert.throws(() => parseTarget(url), { code: 'ADMIN_PATH_INVALID' })
  })
}
