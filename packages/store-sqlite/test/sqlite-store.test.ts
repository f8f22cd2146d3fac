import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ConfigStore } from '@sluice/core'
import { testConfigStore } from '../../core/test/support/config-store-contract.ts'
import { ManualClock } from '../../core/test/support/manual-clock.ts'
import { openSqliteStore } from '../src/index.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const shared = temporaryDirectory({ after })
let stores = 0
testConfigStore('sqlite', (clock) => openSqliteStore({ file: join(shared, `store-${++stores}.db`), clock }))

async function fill(store: ConfigStore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await store.transact([], [{ kind: 'put', key: `/routes/${i}`, value: { text: 'x'.repeat(3000) } }])
  }
}

test('keeps everything over a restart, the log included', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const first = await openSqliteStore({ file })
  await fill(first, 3)
  await first.transact([], [{ kind: 'delete', key: '/routes/1' }])
  const before = await first.snapshot()
  await first.close()
  const second = await openSqliteStore({ file })
  assert.deepEqual(await second.snapshot(), before)
  const seen: number[] = []
  await second.watch(1, ({ revision }) => seen.push(revision))
  assert.deepEqual(seen, [2, 3, 4])
  await second.close()
})

test('a time to live that ended while the store was closed is a revision at its opening', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const clock = new ManualClock()
  const first = await openSqliteStore({ file, clock })
  await first.transact([], [{ kind: 'put', key: '/a', value: {}, ttlSeconds: 10 }])
  await first.close()
  clock.advance(10_000)
  const second = await openSqliteStore({ file, clock })
  assert.deepEqual(await second.snapshot(), { revision: 2, entries: [] })
  await second.close()
})

test('what time deletes is not taken for the change of a transaction', async (t) => {
  const clock = new ManualClock()
  const store = await openSqliteStore({ file: join(temporaryDirectory(t), 'store.db'), clock })
  await store.transact([], [{ kind: 'put', key: '/a', value: {}, ttlSeconds: 1 }])
  const late = (async () => {
    clock.advance(1000)
    return store.transact([], [{ kind: 'delete', key: '/a' }])
  })()
  assert.deepEqual(await late, { committed: true, revision: 2, changes: [] })
  await store.close()
})

test('a watcher that throws is reported, and the others are told', async (t) => {
  const reported: object[] = []
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => reported.push(fields) }
  const store = await openSqliteStore({ file: join(temporaryDirectory(t), 'store.db'), log })
  const fault = new Error('watcher')
  const seen: number[] = []
  await store.watch(0, () => {
    throw fault
  })
  await store.watch(0, ({ revision }) => seen.push(revision))
  await store.transact([], [{ kind: 'put', key: '/a', value: {} }])
  assert.deepEqual([reported, seen], [[{ err: fault }], [1]])
  await store.close()
})

test('the files are for their owner only', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const store = await openSqliteStore({ file })
  await fill(store, 1)
  for (const name of [file, `${file}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600, name)
  assert.equal(existsSync(`${file}-shm`), false)
  await store.close()
})

test('refuses a second store on the same file, and leaves the first at work', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const first = await openSqliteStore({ file })
  await assert.rejects(openSqliteStore({ file }), { code: 'STORE_LOCKED' })
  await fill(first, 1)
  await assert.rejects(openSqliteStore({ file }), { code: 'STORE_LOCKED' })
  await first.close()
})

test('a process that is killed while it writes loses nothing that it acknowledged, and its lock', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const program = fileURLToPath(new URL('./support/write-until-killed.ts', import.meta.url))
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  let acknowledged = 0
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    if (acknowledged === 5) {
      await assert.rejects(openSqliteStore({ file }), {
        code: 'STORE_LOCKED',
        message: `the configuration store ${file} is in use by another process: stop that gateway, or give this one a data_dir of its own`,
      })
    }
    if (acknowledged >= 50) child.kill('SIGKILL')
  }
  await exited
  const store = await openSqliteStore({ file })
  const { revision, entries } = await store.snapshot()
  assert.ok(revision >= acknowledged, `${revision} of at least ${acknowledged}`)
  assert.deepEqual(
    entries.map(({ value }) => value.i).sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: revision }, (_, i) => i + 1),
  )
  await store.close()
})

test('refuses a damaged file, by its name', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  const store = await openSqliteStore({ file })
  await fill(store, 20)
  await store.close()
  const bytes = readFileSync(file)
  bytes.fill(0xa5, 4096, bytes.length - 4096)
  writeFileSync(file, bytes)
  const error = await openSqliteStore({ file }).catch((cause: unknown) => cause)
  assert.ok(error instanceof Error && 'code' in error)
  assert.equal(error.code, 'STORE_CORRUPT')
  assert.ok(error.message.startsWith(`the configuration store ${file} is damaged (`), error.message)
})

test('refuses a file that is no database', async (t) => {
  const file = join(temporaryDirectory(t), 'store.db')
  writeFileSync(file, 'routes:\n'.repeat(500))
  await assert.rejects(openSqliteStore({ file }), {
    code: 'STORE_CORRUPT',
    message: `the configuration store ${file} is damaged (file is not a database): restore it from a backup, or move it away to start with an empty one`,
  })
})

test('refuses the database of another program, and of a later version', async (t) => {
  const directory = temporaryDirectory(t)
  const make = (name: string, sql: string) => {
    const file = join(directory, name)
    const db = new DatabaseSync(file)
    db.exec(sql)
    db.close()
    return file
  }
  await assert.rejects(openSqliteStore({ file: make('foreign.db', 'CREATE TABLE songs (name TEXT)') }), {
    code: 'STORE_FOREIGN',
  })
  const newer = make('newer.db', 'CREATE TABLE entries (key TEXT); PRAGMA user_version = 99')
  await assert.rejects(openSqliteStore({ file: newer }), {
    code: 'STORE_TOO_NEW',
    message: `the configuration store ${newer} has format 99, which this version of Sluice does not know: run the version that wrote it`,
  })
})

test('names the file in a directory that is not there', async (t) => {
  const file = join(temporaryDirectory(t), 'absent', 'store.db')
  const error = await openSqliteStore({ file }).catch((cause: unknown) => cause)
  assert.ok(error instanceof Error && 'code' in error)
  assert.equal(error.code, 'STORE_FAILED')
  assert.ok(error.message.startsWith(`the configuration store ${file} failed: ENOENT`), error.message)
})
