import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigRevision, ConfigStore, ConfigWrite } from '../../src/config-store.ts'
import type { JsonObject } from '../../src/json.ts'
import { testTimeToLive } from './config-store-time.ts'
import { ManualClock } from './manual-clock.ts'

/** What differs from store to store. */
export interface ContractOptions {
  /** Why the tests are skipped, where a tool is missing. */
  readonly skip?: string | false
  /** Whether times to live run by a clock of the store's own; by the test's clock where absent. */
  readonly ownClock?: boolean
}

/** A store with nothing in it, and the revision that it has then. */
export interface StoreUnderTest {
  readonly store: ConfigStore
  readonly base: number
  readonly clock: ManualClock
}

/** What every ConfigStore does. Each test gets an empty store, whose times to live run by the clock. */
export function testConfigStore(
  name: string,
  open: (clock: ManualClock) => Promise<ConfigStore>,
  { skip = false, ownClock = false }: ContractOptions = {},
): void {
  const check = (title: string, body: (tested: StoreUnderTest) => Promise<void>) =>
    test(`${name}: ${title}`, { skip }, async () => {
      const clock = new ManualClock()
      const store = await open(clock)
      try {
        const { revision: base } = await store.snapshot()
        await body({ store, base, clock })
      } finally {
        await store.close()
      }
    })

  check('starts empty', async ({ store, base }) => {
    assert.deepEqual(await store.snapshot(), { revision: base, entries: [] })
    assert.equal(await store.get('/routes/1'), undefined)
    assert.deepEqual(await store.list('/routes/'), { revision: base, entries: [] })
  })

  check('keeps createdIndex and moves modifiedIndex', async ({ store, base }) => {
    await store.transact([], [put('/routes/1', { a: 1 })])
    await store.transact([], [put('/routes/2', {})])
    const result = await store.transact([], [put('/routes/1', { a: 2 })])
    const entry = { key: '/routes/1', value: { a: 2 }, createdIndex: base + 1, modifiedIndex: base + 3 }
    assert.deepEqual(result, { committed: true, revision: base + 3, changes: [{ key: '/routes/1', entry }] })
    assert.deepEqual(await store.get('/routes/1'), entry)
  })

  check('gives a key that was deleted a new createdIndex', async ({ store, base }) => {
    await store.transact([], [put('/routes/1')])
    const deleted = await store.transact([], [remove('/routes/1')])
    assert.deepEqual(deleted, { committed: true, revision: base + 2, changes: [{ key: '/routes/1' }] })
    assert.equal(await store.get('/routes/1'), undefined)
    await store.transact([], [put('/routes/1')])
    assert.equal((await store.get('/routes/1'))?.createdIndex, base + 3)
  })

  check('makes no revision of a delete that finds nothing', async ({ store, base }) => {
    const result = await store.transact([], [remove('/routes/1')])
    assert.deepEqual(result, { committed: true, revision: base, changes: [] })
  })

  check('gives values back as they were written', async ({ store }) => {
    const value: JsonObject = JSON.parse('{"__proto__":{"a":[1,-2.5e300,null,true]},"é":"\\u0000😀","":{},"b":[]}')
    await store.transact([], [put('/routes/1', value)])
    assert.equal(JSON.stringify((await store.get('/routes/1'))?.value), JSON.stringify(value))
    assert.equal(JSON.stringify((await store.snapshot()).entries[0]?.value), JSON.stringify(value))
  })

  check('applies all writes of a transaction as one revision, or none', async ({ store, base }) => {
    await store.transact([], [put('/a/1'), put('/a/2')])
    const compares = [
      { key: '/a/1', modifiedIndex: base + 1 },
      { key: '/a/3', modifiedIndex: 0 },
    ]
    const result = await store.transact(compares, [put('/a/3'), remove('/a/2'), put('/a/1', { b: 1 })])
    assert.equal(result.committed, true)
    assert.equal(result.revision, base + 2)
    const { revision, entries } = await store.snapshot()
    assert.equal(revision, base + 2)
    assert.deepEqual(
      entries.map(({ key, createdIndex, modifiedIndex }) => [key, createdIndex - base, modifiedIndex - base]),
      [
        ['/a/1', 1, 2],
        ['/a/3', 2, 2],
      ],
    )
    for (const key of ['/a/1', '/a/2']) {
      const refused = await store.transact([{ key, modifiedIndex: base + 1 }], [put('/a/9')])
      assert.deepEqual(refused, { committed: false, revision: base + 2 })
    }
    assert.equal(await store.get('/a/9'), undefined)
  })

  check('takes the last of several writes to one key', async ({ store, base }) => {
    const result = await store.transact([], [put('/a', { i: 1 }), put('/b'), put('/a', { i: 2 })])
    assert.deepEqual([result.revision, (await store.get('/a'))?.value], [base + 1, { i: 2 }])
  })

  check('lists a prefix, ordered by key', async ({ store }) => {
    await store.transact([], [put('/routes/b'), put('/routes/a'), put('/routesx/c'), put('/upstreams/a')])
    const keys = async (prefix: string) => (await store.list(prefix)).entries.map(({ key }) => key)
    assert.deepEqual(await keys('/routes/'), ['/routes/a', '/routes/b'])
    assert.deepEqual(await keys('/routes/%'), [])
    assert.deepEqual(await keys('/'), ['/routes/a', '/routes/b', '/routesx/c', '/upstreams/a'])
  })

  check('serves concurrent transactions one after the other', async ({ store, base }) => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.transact([{ key: '/a', modifiedIndex: 0 }], [put('/a', { i })])),
    )
    assert.equal(results.filter(({ committed }) => committed).length, 1)
    assert.equal((await store.snapshot()).revision, base + 1)
  })

  check('tells watchers of every revision, in order, before the write resolves', async ({ store, base }) => {
    await store.transact([], [put('/a/1')])
    await store.transact([], [put('/a/2'), put('/a/3')])
    const seen: ConfigRevision[] = []
    await store.watch(base + 1, (revision) => seen.push(revision))
    assert.deepEqual(seen.map(summary(base)), [[2, ['/a/2', '/a/3']]])
    const result = await store.transact([], [remove('/a/1')])
    assert.deepEqual(seen.map(summary(base)).at(-1), [3, ['-/a/1']])
    assert.equal(result.revision, base + 3)
    await store.transact([{ key: '/a/1', modifiedIndex: base + 7 }], [put('/a/9')])
    assert.equal(seen.length, 2)
  })

  check('tells every watcher of concurrent writes in order, none lost, none twice', async ({ store, base }) => {
    const seen: number[] = []
    await store.watch(base, ({ revision }) => seen.push(revision))
    const writes = Array.from({ length: 30 }, (_, i) => store.transact([], [put(`/a/${i}`, { i })]))
    const late: number[] = []
    await store.watch(base, ({ revision }) => late.push(revision))
    await Promise.all(writes)
    const all = Array.from({ length: 30 }, (_, i) => base + 1 + i)
    assert.deepEqual([seen, late], [all, all])
  })

  check('a watch from the revision of a snapshot misses nothing', async ({ store }) => {
    const writes = Array.from({ length: 20 }, (_, i) => store.transact([], [put(`/a/${i}`)]))
    const { revision, entries } = await store.snapshot()
    const keys = new Set(entries.map(({ key }) => key))
    await store.watch(revision, ({ changes }) => {
      for (const { key } of changes) {
        assert.ok(!keys.has(key), `${key} twice`)
        keys.add(key)
      }
    })
    await Promise.all(writes)
    assert.equal(keys.size, 20)
  })

  check('ends a watch', async ({ store, base }) => {
    const seen: number[] = []
    const other: number[] = []
    const stop = await store.watch(base, ({ revision }) => seen.push(revision - base))
    await store.watch(base, ({ revision }) => other.push(revision - base))
    await store.transact([], [put('/a')])
    stop()
    stop()
    await store.transact([], [put('/a')])
    assert.deepEqual([seen, other], [[1], [1, 2]])
  })

  check('refuses a watch from a revision that it never had', async ({ store, base }) => {
    await assert.rejects(
      store.watch(base + 1000, () => {}),
      { code: 'STORE_REVISION_GONE' },
    )
  })

  check('may be closed twice, and refuses calls after that', async ({ store }) => {
    await store.close()
    await store.close()
    await assert.rejects(store.get('/a'), { code: 'STORE_CLOSED' })
  })

  testTimeToLive(check, ownClock)
}

/** A write of the suite. */
export function put(key: string, value: JsonObject = {}, ttlSeconds?: number): ConfigWrite {
  return { kind: 'put', key, value, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }
}

function remove(key: string): ConfigWrite {
  return { kind: 'delete', key }
}

function summary(base: number): (revision: ConfigRevision) => [number, string[]] {
  return ({ revision, changes }) => [
    revision - base,
    changes.map(({ key, entry }) => (entry === undefined ? `-${key}` : key)),
  ]
}
