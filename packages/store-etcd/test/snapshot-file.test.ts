import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SnapshotFile } from '../src/snapshot-file.ts'

const snapshot = { revision: 7, entries: [{ key: '/a', value: { b: 'é' }, createdIndex: 3, modifiedIndex: 7 }] }

function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-snapshot-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const told: string[] = []
  const note = (_fields: object, text: string) => told.push(text)
  const log = { debug: note, info: note, warn: note, error: note }
  const file = join(folder, 'snapshot.json')
  return { folder, file, told, open: (prefix = '/apisix') => new SnapshotFile(file, prefix, log) }
}

test('keeps the newest of what is scheduled, for its owner only', async (t) => {
  const { folder, file, told, open } = setUp(t)
  assert.equal(await open().read(), undefined)
  const first = open()
  first.schedule(() => ({ revision: 6, entries: [] }))
  first.schedule(() => snapshot)
  await first.flush()
  assert.deepEqual(await open().read(), snapshot)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual([readdirSync(folder), told], [['snapshot.json'], []])
})

test('ignores, and tells of, a file of another prefix and one that is damaged', async (t) => {
  const { file, told, open } = setUp(t)
  const first = open('/other')
  first.schedule(() => snapshot)
  await first.flush()
  assert.equal(await open().read(), undefined)
  writeFileSync(file, '{"format":1,"pre')
  assert.equal(await open().read(), undefined)
  assert.equal(told.length, 2)
})

test('a folder that is not there is told, and nothing fails', async (t) => {
  const { folder, told, open } = setUp(t)
  rmSync(folder, { recursive: true })
  const file = open()
  file.schedule(() => snapshot)
  await file.flush()
  assert.equal(told.length, 1)
})
