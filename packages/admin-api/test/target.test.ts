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

for (const url of ['/apisix/admin/../../../etc', '/apisix/admin/%zz', '/apisix/admin/%00', 'apisix/admin', '/%ff']) {
  test(`refuses ${url}`, () => {
    assert.throws(() => parseTarget(url), { code: 'ADMIN_PATH_INVALID' })
  })
}
