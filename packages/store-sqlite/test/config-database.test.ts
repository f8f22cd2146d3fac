import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigDatabase } from '../src/config-database.ts'
import { openDatabase } from '../src/open-database.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const write = (key: string, value = '{}') => ({ kind: 'transact' as const, compares: [], writes: [{ key, value }] })

test('keeps the log of the last revisions only', (t) => {
  const db = openDatabase(join(temporaryDirectory(t), 'store.db'))
  const config = new ConfigDatabase(db, 3)
  for (let i = 1; i <= 5; i++) config.run(write(`/routes/${i}`), 0)
  const { log } = config.run({ kind: 'log', after: 2 }, 0)
  assert.deepEqual(
    log.map(({ revision }) => revision),
    [3, 4, 5],
  )
  assert.throws(() => config.run({ kind: 'log', after: 1 }, 0), { kind: 'revision_gone', detail: '2' })
  assert.deepEqual(config.run({ kind: 'log', after: 5 }, 0).log, [])
  db.close()
})

test('a write that fails half-way leaves nothing behind', (t) => {
  const db = openDatabase(join(temporaryDirectory(t), 'store.db'))
  db.exec(
    "CREATE TRIGGER full BEFORE INSERT ON entries WHEN NEW.key = '/b' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
  )
  const config = new ConfigDatabase(db)
  const both = {
    kind: 'transact' as const,
    compares: [],
    writes: [
      { key: '/a', value: '1' },
      { key: '/b', value: '2' },
    ],
  }
  assert.throws(() => config.run(both, 0), { message: 'disk full' })
  assert.deepEqual(config.run({ kind: 'list', prefix: '/' }, 0).entries, [])
  assert.equal(config.run(write('/c'), 0).revision, 1)
  db.close()
})

test('of several writes to one key the last counts', (t) => {
  const db = openDatabase(join(temporaryDirectory(t), 'store.db'))
  const config = new ConfigDatabase(db)
  const writes = [
    { key: '/a', value: '1' },
    { key: '/a', value: '2' },
  ]
  const { made } = config.run({ kind: 'transact', compares: [], writes }, 0)
  assert.deepEqual(made, [
    { revision: 1, changes: [{ key: '/a', entry: { key: '/a', value: '2', createdIndex: 1, modifiedIndex: 1 } }] },
  ])
  db.close()
})
