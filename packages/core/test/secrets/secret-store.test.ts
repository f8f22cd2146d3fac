import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { ConfigEntry, ConfigRevision } from '../../src/config-store.ts'
import { placeRevision } from '../../src/config-store.ts'
import { openMemoryStore } from '../../src/memory-store.ts'
import { createSecretStore } from '../../src/secrets/secret-store.ts'
import { put } from '../support/config-store-contract.ts'
import { ManualClock } from '../support/manual-clock.ts'

const reference = '$secret://vault/1/kafka/password'
const route = (text: string) => put('/routes/1', { id: '1', plugins: { p: { deep: [{ password: text }] } } })
const manager = (token: string) => put('/secrets/vault/1', { token })

/** A secret manager whose answers the test gives, and a store in front of it. */
async function open() {
  const clock = new ManualClock()
  const behind = openMemoryStore({ clock })
  const secrets = new Map<string, string>()
  const asked: [reference: string, token: unknown][] = []
  const faults: string[] = []
  let isHanging = false
  const store = createSecretStore(behind, {
    async read(text: string, found: ConfigEntry | undefined) {
      asked.push([text, found?.value.token])
      if (isHanging) await new Promise(() => {})
      const value = secrets.get(text)
      if (found === undefined) throw new Error('no manager')
      if (value === undefined) throw new Error('no secret')
      return value
    },
    seal: (text) => `sealed:${text}`,
    onFault: (text, error, isServed) =>
      faults.push(`${text}: ${(error as Error).message}${isServed ? ', served' : ''}`),
    refreshMs: 60_000,
    retryMs: 5000,
    patienceMs: 1000,
    clock,
  })
  const seen: ConfigRevision[] = []
  const passwords = () =>
    seen.flatMap(({ changes }) =>
      changes.flatMap(({ key, entry }) =>
        key === '/routes/1' ? [/password":"([^"]*)/.exec(JSON.stringify(entry))?.[1]] : [],
      ),
    )
  const tick = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await turn()
  }
  return {
    store,
    behind,
    secrets,
    asked,
    faults,
    seen,
    passwords,
    tick,
    hang: () => {
      isHanging = true
    },
    watch: async () => store.watch((await store.snapshot()).revision, (each) => seen.push(each)),
  }
}

test('what a reference leads to is in the change before the write is answered, and nowhere in the store', async () => {
  const { store, secrets, watch, passwords } = await open()
  secrets.set(reference, 'one')
  await watch()
  await store.transact([], [manager('t')])
  await store.transact([], [route(reference)])
  assert.equal(passwords().at(-1), 'sealed:one')
  assert.match(JSON.stringify(await store.get('/routes/1')), /\$secret/)
  assert.match(JSON.stringify(await store.list('/')), /\$secret/)
  assert.match(JSON.stringify(await store.snapshot()), /sealed:one/)
  assert.equal(store.unresolved(), 0)
})

test('another value is a change between two revisions, in the order that workers take', async () => {
  const { store, secrets, watch, passwords, seen, tick } = await open()
  secrets.set(reference, 'one')
  await watch()
  await store.transact([], [manager('t'), route(reference)])
  secrets.set(reference, 'two')
  await tick(59_000)
  assert.equal(passwords().at(-1), 'sealed:one')
  await tick(1000)
  assert.equal(passwords().at(-1), 'sealed:two')
  await store.transact([], [put('/routes/2', {})])
  let served = 0
  for (const revision of seen) {
    assert.equal(placeRevision(revision, served), 'next')
    served = revision.revision
  }
  const { length } = seen
  await tick(60_000)
  assert.equal(seen.length, length)
})

test('what cannot be read stays the reference, is told once, and is tried again soon', async () => {
  const { store, secrets, watch, passwords, tick, faults, asked } = await open()
  await watch()
  await store.transact([], [route(reference)])
  assert.equal(passwords().at(-1), reference)
  await tick(5000)
  await tick(5000)
  assert.deepEqual(faults, [`${reference}: no manager`])
  assert.equal(store.unresolved(), 1)
  await store.transact([], [manager('t')])
  await turn()
  assert.deepEqual(faults.at(-1), `${reference}: no secret`)
  secrets.set(reference, 'late')
  await tick(5000)
  assert.equal(passwords().at(-1), 'sealed:late')
  const { length } = asked
  await tick(5000)
  assert.equal(asked.length, length)
})

test('the last value serves while the manager is away, and until the manager is taken away', async () => {
  const { store, secrets, watch, passwords, tick, faults } = await open()
  secrets.set(reference, 'one')
  await watch()
  await store.transact([], [manager('t'), route(reference)])
  secrets.clear()
  await tick(60_000)
  assert.deepEqual([passwords().at(-1), faults.at(-1)], ['sealed:one', `${reference}: no secret, served`])
  await store.transact([], [{ kind: 'delete', key: '/secrets/vault/1' }])
  await turn()
  assert.equal(passwords().at(-1), reference)
  assert.equal(store.unresolved(), 1)
})

test('a manager that changes is asked at once; one that hangs holds a write up for a moment', async () => {
  const { store, secrets, watch, passwords, tick, asked, hang } = await open()
  secrets.set(reference, 'one')
  await watch()
  await store.transact([], [manager('t'), route(reference)])
  secrets.set(reference, 'two')
  await store.transact([], [manager('t2')])
  await turn()
  assert.equal(passwords().at(-1), 'sealed:two')
  assert.deepEqual(asked.at(-1), [reference, 't2'])
  hang()
  let isWritten = false
  const writing = store.transact([], [put('/routes/3', { a: '$secret://vault/1/other/key' })]).then(() => {
    isWritten = true
  })
  await turn()
  assert.equal(isWritten, false)
  await tick(1000)
  await writing
})

test('what nobody refers to any more is not read again', async () => {
  const { store, secrets, watch, tick, asked } = await open()
  secrets.set(reference, 'one')
  await watch()
  await store.transact([], [manager('t'), route(reference)])
  await store.transact([], [route('plain')])
  const { length } = asked
  await tick(60_000)
  await tick(60_000)
  assert.equal(asked.length, length)
  await store.close()
})

test('a watcher is told what was read after its snapshot', async () => {
  const { store, behind, secrets, tick, seen, passwords } = await open()
  await behind.transact([], [manager('t'), route(reference)])
  const { revision, entries } = await store.snapshot()
  assert.match(JSON.stringify(entries), /\$secret/)
  secrets.set(reference, 'late')
  await tick(5000)
  await store.watch(revision, (each) => seen.push(each))
  assert.equal(passwords().at(-1), 'sealed:late')
})
