import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from '../src/memory-store.ts'
import { put, testConfigStore } from './support/config-store-contract.ts'

testConfigStore('memory', async (clock) => openMemoryStore({ clock }))

test('a store in memory keeps a thousand revisions for late watchers, and refuses those who come later', async () => {
  const store = openMemoryStore()
  for (let i = 0; i < 1002; i++) await store.transact([], [put('/a', { i })])
  const seen: number[] = []
  await store.watch(2, ({ revision }) => seen.push(revision))
  assert.deepEqual([seen.length, seen[0], seen.at(-1)], [1000, 3, 1002])
  await assert.rejects(
    store.watch(1, () => {}),
    { code: 'STORE_REVISION_GONE' },
  )
})

test('a watcher that throws is reported, and the others are told', async () => {
  const reported: unknown[] = []
  const store = openMemoryStore({ onListenerError: (error) => reported.push(error) })
  const fault = new Error('a watcher')
  const seen: number[] = []
  await store.watch(0, () => {
    throw fault
  })
  await store.watch(0, ({ revision }) => seen.push(revision))
  assert.equal((await store.transact([], [put('/a')])).committed, true)
  assert.deepEqual([reported, seen], [[fault], [1]])
})
