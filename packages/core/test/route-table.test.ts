import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../src/json.ts'
import { matchRequest } from './support/match-request.ts'
import { emptyTable, entry, revisionOf, upstream } from './support/route-table.ts'

const uris = ['/', '/a', '/a/b', '/a/*', '/*', '/:x', '/a/:x', '/ab*']
const hosts = [undefined, 'a.com', '*.com', '*']

const route = fc.record({
  uri: fc.constantFrom(...uris),
  host: fc.constantFrom(...hosts),
  priority: fc.integer({ min: 0, max: 2 }),
  methods: fc.constantFrom([], ['GET'], ['POST']),
})
const steps = fc.array(fc.record({ id: fc.constantFrom('1', '2', '3', '4', '5'), route: fc.option(route) }), {
  maxLength: 25,
})

function routeValue({ host, ...rest }: { host: string | undefined }): JsonObject {
  return { ...rest, upstream, ...(host === undefined ? {} : { host }) }
}

function outcomes(table: ReturnType<typeof emptyTable>['table']): (string | undefined)[] {
  const paths = ['/', '/a', '/a/b', '/a/b/c', '/abc', '/zzz']
  const requests = paths.flatMap((path) => ['a.com', 'b.com', 'b.org'].map((host) => matchRequest({ path, host })))
  return requests.map((request) => table.match(request)?.route.id)
}

test('a table made by changes equals one made at once, and older tables stay as they were', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { table: empty } = emptyTable()
      const stored = new Map<string, ReturnType<typeof entry>>()
      let table = empty
      const seen: { table: typeof table; expected: unknown }[] = []
      for (const [i, step] of all.entries()) {
        const key = `/routes/${step.id}`
        const created = stored.get(key)?.createdIndex ?? i + 1
        if (step.route === null) stored.delete(key)
        else stored.set(key, entry(key, routeValue(step.route), i + 1, created))
        const next = stored.get(key)
        table = table.with({ revision: i + 1, changes: [next === undefined ? { key } : { key, entry: next }] })
        const expected = outcomes(empty.fromSnapshot({ revision: i + 1, entries: [...stored.values()] }))
        seen.push({ table, expected })
        assert.equal(table.size, stored.size)
        assert.equal(table.revision, i + 1)
      }
      for (const { table: old, expected } of seen) assert.deepEqual(outcomes(old), expected)
    }),
    { numRuns: 30 },
  )
})

test('a snapshot replaces everything', () => {
  const { table } = emptyTable()
  const before = table.with(revisionOf(1, { '/routes/a': { uri: '/a', upstream_id: 'u' }, '/upstreams/u': upstream }))
  const after = before.fromSnapshot({ revision: 9, entries: [entry('/routes/b', { uri: '/b', upstream_id: 'u' })] })
  assert.equal(after.revision, 9)
  assert.equal(after.size, 1)
  assert.equal(after.match(matchRequest({ path: '/a' })), undefined)
  assert.equal(after.match(matchRequest({ path: '/b' }))?.route.problem?.code, 'ROUTE_UPSTREAM_MISSING')
})

test('other resources are no concern of the table', () => {
  const table = emptyTable().table.with(
    revisionOf(4, { '/consumers/a': { username: 'a' }, '/routes/a/b': { uri: '/' } }),
  )
  assert.equal(table.size, 0)
  assert.equal(table.revision, 4)
})
