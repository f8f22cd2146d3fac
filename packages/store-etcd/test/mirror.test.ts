import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigEntry, ConfigRevision } from '@sluice/core'
import { Layout } from '../src/layout.ts'
import { Listeners } from '../src/listeners.ts'
import { Mirror } from '../src/mirror.ts'
import { encodeText, type WatchEvent } from '../src/wire.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const entry = (key: string, modifiedIndex: number, value = {}): ConfigEntry => ({
  key,
  value,
  createdIndex: 1,
  modifiedIndex,
})

function createMirror(...entries: ConfigEntry[]) {
  const broken: string[] = []
  const mirror = new Mirror(new Layout('/apisix'), { revision: 10, entries }, (key) => broken.push(key))
  return { mirror, broken }
}

const put = (key: string, revision: number, value = '{}'): WatchEvent => ({
  kv: {
    key: encodeText(`/apisix${key}`),
    value: encodeText(value),
    create_revision: '1',
    mod_revision: String(revision),
  },
})
const remove = (key: string, revision: number): WatchEvent => ({
  type: 'DELETE',
  kv: { key: encodeText(`/apisix${key}`), mod_revision: String(revision) },
})
const summary = ({ revision, after, changes }: ConfigRevision) => [
  revision,
  after,
  ...changes.map(({ key, entry: now }) => (now === undefined ? `-${key}` : key)),
]

test('events of one revision are one revision, which says what it comes after', () => {
  const { mirror } = createMirror(entry('/a', 4))
  const told = mirror.apply([put('/b', 12), remove('/a', 12), put('/c', 15)])
  assert.deepEqual(told.map(summary), [
    [12, 10, '/b', '-/a'],
    [15, 12, '/c'],
  ])
  assert.deepEqual(
    mirror.snapshot().entries.map(({ key }) => key),
    ['/b', '/c'],
  )
})

test('what came already is told once', () => {
  const { mirror } = createMirror()
  mirror.apply([put('/a', 11)])
  assert.deepEqual(mirror.apply([put('/a', 11), put('/b', 9)]), [])
})

test('a value that is no resource leaves the last good one in place', () => {
  const { mirror, broken } = createMirror(entry('/a', 4, { uri: '/good' }))
  assert.deepEqual(mirror.apply([put('/a', 11, 'nonsense')]), [])
  assert.deepEqual([broken, mirror.snapshot()], [['/a'], { revision: 11, entries: [entry('/a', 4, { uri: '/good' })] }])
  assert.deepEqual(mirror.replace({ revision: 12, clusterId: '1', entries: [], broken: ['/a'] }, true), [])
  assert.deepEqual(mirror.broken, ['/a'])
  assert.deepEqual(mirror.apply([remove('/a', 13)]).map(summary), [[13, 12, '-/a']])
})

test('values that are no resources are known until they are mended or deleted', () => {
  const { mirror } = createMirror()
  mirror.apply([put('/b', 11, 'nonsense'), put('/a', 11, '[]'), put('/c', 11, '5')])
  assert.deepEqual(mirror.broken, ['/a', '/b', '/c'])
  mirror.apply([put('/a', 12)])
  assert.deepEqual(mirror.apply([remove('/b', 13)]), [])
  assert.deepEqual(mirror.broken, ['/c'])
  mirror.replace({ revision: 14, clusterId: '1', entries: [entry('/c', 14)], broken: [] }, true)
  assert.deepEqual(mirror.broken, [])
})

test('a whole configuration tells only what is different', () => {
  const { mirror } = createMirror(entry('/same', 4), entry('/goes', 5), entry('/moves', 6))
  const entries = [entry('/same', 4), entry('/moves', 17), entry('/new', 18)]
  const told = mirror.replace({ revision: 20, clusterId: '1', entries, broken: [] }, true)
  assert.deepEqual(told.map(summary), [[20, 10, '-/goes', '/moves', '/new']])
  assert.deepEqual(mirror.replace({ revision: 25, clusterId: '1', entries, broken: [] }, true), [])
  assert.equal(mirror.revision, 25)
})

test('of another history, values are compared although their indexes are equal', () => {
  const { mirror } = createMirror(entry('/a', 4, { v: 1 }), entry('/b', 5))
  const entries = [entry('/a', 4, { v: 2 }), entry('/b', 5)]
  const told = mirror.replace({ revision: 6, clusterId: '2', entries, broken: [] }, false)
  assert.deepEqual(told.map(summary), [[6, 10, '/a']])
})

test('listeners are told what comes after the revision they have, also one that is lower', () => {
  const listeners = new Listeners(10, quiet)
  const seen: number[] = []
  listeners.tell({ revision: 12, after: 10, changes: [] })
  listeners.add(11, ({ revision }) => seen.push(revision))
  listeners.add(12, ({ revision }) => seen.push(-revision))
  listeners.tell({ revision: 15, after: 12, changes: [] })
  listeners.tell({ revision: 6, after: 15, changes: [] })
  assert.deepEqual(seen, [12, 15, -15, 6, -6])
})

test('a listener that comes too late is refused', () => {
  const listeners = new Listeners(10, quiet, 2)
  for (let revision = 11; revision <= 15; revision++) listeners.tell({ revision, changes: [] })
  assert.throws(() => listeners.add(10, () => {}), { code: 'STORE_REVISION_GONE' })
  const seen: number[] = []
  listeners.add(13, ({ revision }) => seen.push(revision))
  assert.deepEqual(seen, [14, 15])
})

test('a listener that throws is reported, and the others are told', () => {
  const reported: object[] = []
  const listeners = new Listeners(0, { ...quiet, error: (fields) => reported.push(fields) })
  const fault = new Error('listener')
  const seen: number[] = []
  listeners.add(0, () => {
    throw fault
  })
  listeners.add(0, ({ revision }) => seen.push(revision))
  listeners.tell({ revision: 1, changes: [] })
  assert.deepEqual([reported, seen], [[{ err: fault }], [1]])
})
