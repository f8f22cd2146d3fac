import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUri } from '../src/uri-pattern.ts'

test('an exact uri is its own key', () => {
  const { key, kind, match } = parseUri('/a/b:c')
  assert.deepEqual({ key, kind, params: match('/a/b:c') }, { key: '/a/b:c', kind: 'exact', params: {} })
})

test('a final star makes a prefix', () => {
  assert.deepEqual([parseUri('/a/*').key, parseUri('/a/*').kind], ['/a/', 'prefix'])
  assert.deepEqual([parseUri('/a*').key, parseUri('/a*').kind], ['/a', 'prefix'])
  assert.deepEqual([parseUri('/*').key, parseUri('*').key], ['/', ''])
})

const cases: readonly (readonly [uri: string, path: string, params: object | undefined])[] = [
  ['/t/:topic', '/t/orders', { topic: 'orders' }],
  ['/t/:topic', '/t/', undefined],
  ['/t/:topic', '/t/orders/0', undefined],
  ['/t/:topic/p/:partition', '/t/orders/p/0', { topic: 'orders', partition: '0' }],
  ['/t/:topic/*', '/t/orders/p/0', { topic: 'orders', ext: 'p/0' }],
  ['/t/:topic/*rest', '/t/orders/p', { topic: 'orders', rest: 'p' }],
  ['/t/*/end', '/t/a/b/end', { ext: 'a/b' }],
  ['/t/:topic/v.1', '/t/orders/vx1', undefined],
  ['/t/:topic/pre*', '/t/orders/prefix/more', { topic: 'orders' }],
  ['/t/:__proto__', '/t/x', Object.fromEntries([['__proto__', 'x']])],
]

for (const [uri, path, params] of cases) {
  test(`${uri} with ${path}`, () => {
    assert.equal(parseUri(uri).kind, 'prefix')
    assert.deepEqual(parseUri(uri).match(path), params)
  })
}
