import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { ConfigChange, ConfigEntry, ConfigRevision, ConfigStore } from '../src/config-store.ts'
import type { JsonObject } from '../src/json.ts'
import { openMemoryStore } from '../src/memory-store.ts'
import { createFaultOf } from '../src/sound/fault-of-entry.ts'
import { type BrokenObject, createSoundStore, type SoundStore } from '../src/sound/sound-store.ts'
import { createValidator } from '../src/validate/validator.ts'
import { ManualClock } from './support/manual-clock.ts'
import { entry, upstream } from './support/route-table.ts'
import { testRegistry } from './support/test-registry.ts'

let behind: ConfigStore
let store: SoundStore
let told: BrokenObject[]

const put = (key: string, value: JsonObject) => behind.transact([], [{ kind: 'put', key, value }])
const remove = (key: string) => behind.transact([], [{ kind: 'delete', key }])
const good = { uri: '/a' }
const bad = { uri: 5 }

beforeEach(() => {
  behind = openMemoryStore({ clock: new ManualClock() })
  told = []
  store = createSoundStore(behind, {
    faultOf: ({ value }) => (typeof value.uri === 'string' ? undefined : 'uri is no text'),
    onBroken: (broken) => told.push(broken),
  })
})

const summary = ({ changes }: ConfigRevision) =>
  changes.map((change: ConfigChange) => [change.key, change.entry?.value])

describe('a broken object', () => {
  test('is kept from who watches, whose revision goes on all the same; mended, it comes', async () => {
    const seen: ConfigRevision[] = []
    await store.watch(0, (revision) => seen.push(revision))
    await put('/routes/1', good)
    await put('/routes/1', bad)
    await put('/routes/1', { uri: '/b' })
    assert.deepEqual(seen.map(summary), [[['/routes/1', good]], [], [['/routes/1', { uri: '/b' }]]])
    assert.deepEqual(
      seen.map(({ revision }) => revision),
      [1, 2, 3],
    )
    assert.deepEqual(told, [{ key: '/routes/1', modifiedIndex: 2, fault: 'uri is no text', isServed: true }])
    assert.deepEqual(store.broken(), [])
  })

  test('is in a snapshot as it was last good, or else as it is, for its fault to be answered', async () => {
    await put('/routes/1', good)
    await put('/routes/2', bad)
    assert.deepEqual(
      (await store.snapshot()).entries.map(({ key, value }) => [key, value]),
      [
        ['/routes/1', good],
        ['/routes/2', bad],
      ],
    )
    await put('/routes/1', bad)
    const { revision, entries } = await store.snapshot()
    assert.deepEqual([revision, entries], [3, [entry('/routes/1', good, 1), entry('/routes/2', bad, 2)]])
    assert.deepEqual(
      store.broken().map(({ key, isServed }) => [key, isServed]),
      [
        ['/routes/1', true],
        ['/routes/2', false],
      ],
    )
  })

  test('is told once for each version, and forgotten with its deletion', async () => {
    await store.watch(0, () => {})
    await put('/routes/1', bad)
    await store.snapshot()
    await store.snapshot()
    assert.equal(told.length, 1)
    await put('/routes/1', bad)
    assert.equal(told.length, 2)
    await remove('/routes/1')
    assert.deepEqual(store.broken(), [])
    await put('/routes/1', bad)
    assert.deepEqual(
      store.broken().map(({ isServed }) => isServed),
      [false],
    )
  })

  test('is shown as it is stored to who asks for it', async () => {
    await put('/routes/1', bad)
    assert.deepEqual((await store.get('/routes/1'))?.value, bad)
    assert.equal((await store.list('/routes/')).entries.length, 1)
  })
})

describe('what is wrong with an object', () => {
  const faultOf = createFaultOf(testRegistry, createValidator(testRegistry), (text) => {
    if (text === '<broken>') throw new Error('no key decrypts it')
    return text.replace(/^<(.*)>$/, '$1')
  })
  for (const [key, value, fault] of [
    ['/routes/1', { id: '1', uri: '/a', upstream, create_time: 1, update_time: 1 }, undefined],
    ['/routes/1', { uri: 5, upstream }, /^invalid configuration: property "uri" validation failed: wrong type/],
    ['/routes/1', { uri: '/a', upstream, plugins: { nope: {} } }, /^unknown plugin \[nope\]$/],
    ['/upstreams/1', { type: 'none', nodes: 'x' }, /^invalid configuration: property "nodes"/],
    ['/services/1', { upstream: { type: 'none' } }, /^invalid configuration/],
    ['/consumers/jack', { username: 'jack', plugins: { 'key-auth': { key: '<k>' } } }, undefined],
    ['/consumers/jack', { username: 'jack', plugins: { 'key-auth': {} } }, /property "key" is required/],
    ['/consumers/jack/credentials/c', { id: 'c', plugins: { 'key-auth': { key: '<k>' } } }, undefined],
    ['/consumers/jack/credentials/c', { id: 'c', plugins: { 'limit-count': { count: 1 } } }, /only supports auth/],
    ['/consumers/jack', { username: 'jack', plugins: { 'key-auth': { key: '<broken>' } } }, /^no key decrypts it$/],
    // No client is served by these.
    ['/protos/1', { content: 5 }, undefined],
    ['/data_plane/server_info/x', { any: 'thing' }, undefined],
    ['/routes/1/other', {}, undefined],
  ] as const) {
    test(`${key} ${JSON.stringify(value)}`, () => {
      const found = faultOf(entry(key, value))
      if (fault === undefined) assert.equal(found, undefined)
      else assert.match(found ?? '', fault)
    })
  }
})

test('what an earlier process served in place of a broken object is served again, while it is good', async () => {
  const kept: (readonly [string, JsonObject])[][] = []
  const options = {
    faultOf: ({ value }: ConfigEntry) => (typeof value.uri === 'string' ? undefined : 'uri is no text'),
    onBroken: () => {},
    keep: (entries: readonly ConfigEntry[]) => void kept.push(entries.map(({ key, value }) => [key, value])),
  }
  await put('/routes/1', good)
  const before = createSoundStore(behind, options)
  await before.watch((await before.snapshot()).revision, () => {})
  assert.deepEqual(kept, [])
  await put('/routes/1', bad)
  assert.deepEqual(kept, [[['/routes/1', good]]])

  const recalled = [entry('/routes/1', good, 1), entry('/routes/2', bad, 1), entry('/routes/3', good, 1)]
  const after = createSoundStore(behind, { ...options, recalled })
  assert.deepEqual((await after.snapshot()).entries, [entry('/routes/1', good, 1)])
  assert.deepEqual(
    after.broken().map(({ key, isServed }) => [key, isServed]),
    [['/routes/1', true]],
  )
  await after.watch(2, () => {})
  await put('/routes/2', bad)
  assert.deepEqual(kept.at(-1), [['/routes/1', good]])
  await put('/routes/1', { uri: '/b' })
  assert.deepEqual(kept.at(-1), [])
})
