import assert from 'node:assert/strict'
import type { ConfigStore } from '../../src/config-store.ts'
import { put, type StoreUnderTest } from './config-store-contract.ts'

type Check = (title: string, body: (tested: StoreUnderTest) => Promise<void>) => void

/** The part of the suite about times to live. */
export function testTimeToLive(check: Check, ownClock: boolean): void {
  check('deletes what has outlived its time, and tells watchers', async ({ store, base, clock }) => {
    const gone = await deletions(store, base)
    await store.transact([], [put('/a/1', {}, 1), put('/a/2', {}, 2), put('/a/3')])
    clock.advance(2000)
    await gone('/a/1', '/a/2')
    assert.deepEqual(
      (await store.snapshot()).entries.map(({ key }) => key),
      ['/a/3'],
    )
  })

  check('a later write without a time to live lets the key stay', async ({ store, base, clock }) => {
    const gone = await deletions(store, base)
    await store.transact([], [put('/a', {}, 1)])
    await store.transact([], [put('/b', {}, 1)])
    await store.transact([], [put('/a', {})])
    clock.advance(5000)
    // Its time was to end after that of the first write.
    await gone('/b')
    assert.equal((await store.get('/a'))?.modifiedIndex, base + 3)
  })

  if (ownClock) return

  check('a time to live ends to the millisecond, as a revision', async ({ store, base, clock }) => {
    const seen: number[] = []
    await store.watch(base, ({ revision }) => seen.push(revision - base))
    await store.transact([], [put('/a/1', {}, 1), put('/a/2', {}, 2)])
    clock.advance(999)
    assert.notEqual(await store.get('/a/1'), undefined)
    clock.advance(1)
    assert.equal(await store.get('/a/1'), undefined)
    assert.deepEqual(seen, [1, 2])
    clock.advance(1000)
    assert.deepEqual((await store.snapshot()).entries, [])
    assert.deepEqual(seen, [1, 2, 3])
  })

  check('a later write moves the end of the time', async ({ store, clock }) => {
    await store.transact([], [put('/a', {}, 1)])
    clock.advance(900)
    await store.transact([], [put('/a', {}, 1)])
    clock.advance(900)
    assert.notEqual(await store.get('/a'), undefined)
    clock.advance(100)
    assert.equal(await store.get('/a'), undefined)
  })
}

/** Gives a function that resolves once watchers were told that keys are gone. */
async function deletions(store: ConfigStore, base: number): Promise<(...keys: string[]) => Promise<void>> {
  const deleted = new Set<string>()
  let check = () => {}
  await store.watch(base, ({ changes }) => {
    for (const { key, entry } of changes) if (entry === undefined) deleted.add(key)
    check()
  })
  return (...keys) =>
    new Promise((resolve) => {
      check = () => {
        if (keys.every((key) => deleted.has(key))) resolve()
      }
      check()
    })
}
