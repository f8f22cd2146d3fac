import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalizePath } from '../src/normalize-path.ts'

const cases: readonly (readonly [path: string, normal: string | undefined])[] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['//a///b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/a/..', '/'],
  ['/.', '/'],
  ['/%61', '/a'],
  ['/%2561', '/%61'],
  ['/a%2Fb', '/a/b'],
  ['/a/%2e%2E/b', '/b'],
  ['/caf%C3%A9', '/café'],
  ['/...', '/...'],
  ['/.a/..b', '/.a/..b'],
  ['/a%3Fb', '/a?b'],
  ['/..', undefined],
  ['/a/../..', undefined],
  ['/%2e%2e/a', undefined],
  ['/%', undefined],
  ['/%zz', undefined],
  ['/%ff', undefined],
  ['/%00', undefined],
  ['a', undefined],
  ['', undefined],
  ['*', undefined],
]

for (const [path, normal] of cases) {
  test(`normalizes ${JSON.stringify(path)} to ${JSON.stringify(normal)}`, () => {
    assert.equal(normalizePath(path), normal)
  })
}

test('a normal path has no empty segment and no segment of dots', () => {
  const path = fc.string({ unit: fc.constantFrom('/', '.', 'a', '%2e', '%2f'), maxLength: 30 })
  fc.assert(
    fc.property(path, (rest) => {
      const normal = normalizePath(`/${rest}`)
      assert.doesNotMatch(normal ?? '/', /\/\/|\/\.\.?(\/|$)/)
    }),
  )
})
