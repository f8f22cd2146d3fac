import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigRevision, ConfigStore, ConfigWrite } from '../../src/config-store.ts'
import type { JsonObject } from '../../src/json.ts'
import { ManualClock } from './manual-clock.ts'

/** What every ConfigStore does. Each test gets an empty store, whose times to live run by the clock. */
export function testConfigStore(name: string, open: (clock: ManualClock) => Promise<ConfigStore>): void {
  const check = (title: string, body: (store: ConfigStore, clock: ManualClock) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const clock = new ManualClock()
      const store = await open(clock)
      try {
        await body(store, clock)
      } finally {
        await store.close()
      }
    })

  check('starts empty at revision 0', async (store) => {
    assert.deepEqual(await store.snapshot(), { revision: 0, entries: [] })
    assert.equal(await store.get('/routes/1'), undefined)
    assert.deepEqual(await store.list('/routes/'), { revision: 0, entries: [] })
  })

  check('keeps createdIndex and moves modifiedIndex', async (store) => {
    await store.transact([], [put('/routes/1', { a: 1 })])
    await store.transact([], [put('/routes/2', {})])
    const result = await store.transact([], [put('/routes/1', { a: 2 })])
    const entry = { key: '/routes/1', value: { a: 2 }, createdIndex: 1, modifiedIndex: 3 }
    assert.deepEqual(result, { committed: true, revision: 3, changes: [{ key: '/routes/1', entry }] })
    assert.deepEqual(await store.get('/routes/1'), entry)
  })

  check('gives a key that was deleted a new createdIndex', async (store) => {
    await store.transact([], [put('/routes/1')])
    const deleted = await store.transact([], [remove('/routes/1')])
    assert.deepEqual(deleted, { committed: true, revision: 2, changes: [{ key: '/routes/1' }] })
    assert.equal(await store.get('/routes/1'), undefined)
    await store.transact([], [put('/routes/1')])
    assert.equal((await store.get('/routes/1'))?.createdIndex, 3)
  })

  check('makes no revision of a delete that finds nothing', async (store) => {
    assert.deepEqual(await store.transact([], [remove('/routes/1')]), { committed: true, revision: 0, changes: [] })
  })

  check('gives values back as they were written', async (store) => {
    const value: JsonObject = JSON.parse('{"__proto__":{"a":[1,-2.5e300,null,true]},"é":"\\u0000😀","":{},"b":[]}')
    await store.transact([], [put('/routes/1', value)])
    assert.equal(JSON.stringify((await store.get('/routes/1'))?.value), JSON.stringify(value))
  })

  check('applies all writes of a transaction as one revision, or none', async (store) => {
    await store.transact([], [put('/a/1'), put('/a/2')])
    const compares = [
      { key: '/a/1', modifiedIndex: 1 },
      { key: '/a/3', modifiedIndex: 0 },
    ]
    const result = await store.transact(compares, [put('/a/3'), remove('/a/2'), put('/a/1', { b: 1 })])
    assert.equal(result.committed, true)
    assert.equal(result.revision, 2)
    const { revision, entries } = await store.snapshot()
    assert.equal(revision, 2)
    assert.deepEqual(
      entries.map(({ key, createdIndex, modifiedIndex }) => [key, createdIndex, modifiedIndex]),
      [
        ['/a/1', 1, 2],
        ['/a/3', 2, 2],
      ],
    )
    for (const key of ['/a/1', '/a/2']) {
      const refused = await store.transact([{ key, modifiedIndex: 1 }], [put('/a/9')])
      assert.deepEqual(refused, { committed: false, revision: 2 })
    }
    assert.equal(await store.get('/a/9'), undefined)
  })

  check('lists a prefix, ordered by key', async (store) => {
    await store.transact([], [put('/routes/b'), put('/routes/a'), put('/routesx/c'), put('/upstreams/a')])
    const keys = async (prefix: string) => (await store.list(prefix)).entries.map(({ key }) => key)
    assert.deepEqual(await keys('/routes/'), ['/routes/a', '/routes/b'])
    assert.deepEqual(await keys('/routes/%'), [])
    assert.deepEqual(await keys('/'), ['/routes/a', '/routes/b', '/routesx/c', '/upstreams/a'])
  })

  check('serves concurrent transactions one after the other', async (store) => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.transact([{ key: '/a', modifiedIndex: 0 }], [put('/a', { i })])),
    )
    assert.equal(results.filter(({ committed }) => committed).length, 1)
    assert.equal((await store.snapshot()).revision, 1)
  })

  check('tells watchers of every revision, in order, before the write resolves', async (store) => {
    await store.transact([], [put('/a/1')])
    await store.transact([], [put('/a/2'), put('/a/3')])
    const seen: ConfigRevision[] = []
    await store.watch(1, (revision) => seen.push(revision))
    assert.deepEqual(seen.map(summary), [[2, ['/a/2', '/a/3']]])
    const result = await store.transact([], [remove('/a/1')])
    assert.deepEqual(seen.map(summary).at(-1), [3, ['-/a/1']])
    assert.equal(result.revision, 3)
    await store.transact([{ key: '/a/1', modifiedIndex: 7 }], [put('/a/9')])
    assert.equal(seen.length, 2)
  })

  check('ends a watch', async (store) => {
    const seen: number[] = []
    const other: number[] = []
    const stop = await store.watch(0, ({ revision }) => seen.push(revision))
    await store.watch(0, ({ revision }) => other.push(revision))
    await store.transact([], [put('/a')])
    stop()
    stop()
    await store.transact([], [put('/a')])
    assert.deepEqual([seen, other], [[1], [1, 2]])
  })

  check('refuses a watch from a revision that it never had', async (store) => {
    await assert.rejects(
      store.watch(5, () => {}),
      { code: 'STORE_REVISION_GONE' },
    )
  })

  check('deletes what has outlived its time, as a revision', async (store, clock) => {
    const seen: ConfigRevision[] = []
    await store.watch(0, (revision) => seen.push(revision))
    await store.transact([], [put('/a/1', {}, 1), put('/a/2', {}, 2), put('/a/3')])
    clock.advance(999)
    assert.notEqual(await store.get('/a/1'), undefined)
    clock.advance(1)
    assert.equal(await store.get('/a/1'), undefined)
    assert.deepEqual(seen.map(summary).at(-1), [2, ['-/a/1']])
    clock.advance(1000)
    assert.deepEqual(
      (await store.snapshot()).entries.map(({ key }) => key),
      ['/a/3'],
    )
    assert.deepEqual(
      seen.map(({ revision }) => revision),
      [1, 2, 3],
    )
  })

  check('a later write without a time to live lets the key stay', async (store, clock) => {
    await store.transact([], [put('/a', {}, 1)])
    await store.transact([], [put('/a', {})])
    clock.advance(5000)
    assert.equal((await store.get('/a'))?.modifiedIndex, 2)
  })

  check('a later write moves the end of the time', async (store, clock) => {
    await store.transact([], [put('/a', {}, 1)])
    clock.advance(900)
    await store.transact([], [put('/a', {}, 1)])
    clock.advance(900)
    assert.notEqual(await store.get('/a'), undefined)
    clock.advance(100)
    assert.equal(await store.get('/a'), undefined)
  })

  check('may be closed twice, and refuses calls after that', async (store) => {
    await store.close()
    await store.close()
    await assert.rejects(store.get('/a'), { code: 'STORE_CLOSED' })
  })
}

function put(key: string, value: JsonObject = {}, ttlSeconds?: number): ConfigWrite {
  return { kind: 'put', key, value, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }
}

function remove(key: string): ConfigWrite {
  return { kind: 'delete', key }
}

function summary({ revision, changes }: ConfigRevision): [number, string[]] {
  return [revision, changes.map(({ key, entry }) => (entry === undefined ? `-${key}` : key))]
}
