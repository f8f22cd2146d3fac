import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ConfigSnapshot } from '@sluice/core'
import { openAdminKeyFile } from '../../src/data-dir/admin-key-file.ts'
import { openDataDir } from '../../src/data-dir/data-dir.ts'
import { openEncryptionKeys } from '../../src/data-dir/encryption-key-file.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

const empty: ConfigSnapshot = { revision: 0, entries: [] }

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-data-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

test('the data folder is made for this user only', async (t) => {
  const log = createRecordedLog()
  const path = join(await temporaryFolder(t), 'a', 'b')
  const dataDir = await openDataDir(path, log)
  assert.equal(await modeOf(path), '700')
  assert.equal(dataDir.adminKeyFile, join(path, 'admin.key'))
  assert.deepEqual(log.lines, [])
  await chmod(path, 0o755)
  await openDataDir(path, log)
  assert.deepEqual(log.lines, [`warn other users may read ${path}, which holds secrets; run: chmod 700 ${path}`])
})

test('a path that is no folder is refused with what to do', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  await assert.rejects(openDataDir(file, createRecordedLog()), {
    code: 'DATA_DIR_UNUSABLE',
    message: `cannot use ${file}: EEXIST; set data_dir to a folder that this user may write`,
  })
})

test('the first start makes an admin key, later ones read it', async (t) => {
  const log = createRecordedLog()
  const folder = await temporaryFolder(t)
  const file = join(folder, 'admin.key')
  const made = await openAdminKeyFile(file, log)
  assert.match(made.key, /^[0-9a-f]{64}$/)
  assert.equal(made.isNew, true)
  assert.equal(await modeOf(file), '600')
  assert.deepEqual(await readdir(folder), ['admin.key'], 'no temporary file is left')
  assert.deepEqual(await openAdminKeyFile(file, log), { key: made.key, isNew: false })
  assert.deepEqual(log.lines, [])
  await chmod(file, 0o644)
  await openAdminKeyFile(file, log)
  assert.deepEqual(log.lines, [`warn other users may read ${file}, which holds secrets; run: chmod 600 ${file}`])
  await writeFile(file, '\n')
  await assert.rejects(openAdminKeyFile(file, log), { code: 'KEY_FILE_INVALID' })
})

test('the encryption key is made once and kept', async (t) => {
  const log = createRecordedLog()
  const file = join(await temporaryFolder(t), 'encryption.key')
  const source = { file, environment: {}, snapshot: empty, log }
  const [made] = await openEncryptionKeys(source)
  assert.ok(made)
  assert.equal(made.key.length, 32)
  assert.equal(await modeOf(file), '600')
  assert.equal(await readFile(file, 'utf8'), `${made.id}:${made.key.toString('base64')}\n`)
  assert.deepEqual(await openEncryptionKeys(source), [made])
})

test('the file and the environment may hold several keys', async (t) => {
  const file = join(await temporaryFolder(t), 'encryption.key')
  const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const lines = [`new:${a.toString('base64')}`, `old:${b.toString('base64')}`]
  const expected = [
    { id: 'new', key: a },
    { id: 'old', key: b },
  ]
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  const log = createRecordedLog()
  assert.deepEqual(await openEncryptionKeys({ file, environment: {}, snapshot: empty, log }), expected)
  const environment = { SLUICE_ENCRYPTION_KEY: lines.join(', ') }
  assert.deepEqual(await openEncryptionKeys({ file: `${file}.none`, environment, snapshot: empty, log }), expected)
})

test('no key is made for a store that others share', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'encryption.key')
  const source = { file, environment: {}, snapshot: empty, log: createRecordedLog(), isShared: true }
  await assert.rejects(openEncryptionKeys(source), {
    code: 'ENCRYPTION_KEY_REQUIRED',
    message: `gateways that share a store need the same encryption keys: set SLUICE_ENCRYPTION_KEY for all of them, or put the keys into ${file}`,
  })
  assert.deepEqual(await readdir(folder), [])
})

test('broken keys are refused without showing them', async (t) => {
  const file = join(await temporaryFolder(t), 'encryption.key')
  const log = createRecordedLog()
  await writeFile(file, 'id:canary', { mode: 0o600 })
  await assert.rejects(openEncryptionKeys({ file, environment: {}, snapshot: empty, log }), {
    code: 'KEY_FILE_INVALID',
    message: `${file} does not hold keys of the form <id>:<32 bytes in base64>; restore it from a backup, or delete it if nothing depends on it`,
  })
  for (const text of ['', 'canary', `id:${Buffer.alloc(31).toString('base64')}`]) {
    const environment = { SLUICE_ENCRYPTION_KEY: text }
    await assert.rejects(openEncryptionKeys({ file, environment, snapshot: empty, log }), {
      code: 'ENCRYPTION_KEY_INVALID',
      message:
        'the environment variable SLUICE_ENCRYPTION_KEY does not hold keys of the form <id>:<32 bytes in base64>; correct it or unset it',
    })
  }
})

test('no new key is made where the store has fields that the lost one encrypted', async (t) => {
  const file = join(await temporaryFolder(t), 'encryption.key')
  const value = { plugins: { 'kafka-proxy': { sasl: { password: 'sluice:v1:k1:AAAA' } } } }
  const snapshot = { revision: 1, entries: [{ key: '/routes/1', value, createdIndex: 1, modifiedIndex: 1 }] }
  await assert.rejects(openEncryptionKeys({ file, environment: {}, snapshot, log: createRecordedLog() }), {
    code: 'ENCRYPTION_KEY_MISSING',
    message: `the store has encrypted fields, but ${file} is gone; restore it from a backup or set SLUICE_ENCRYPTION_KEY`,
  })
})
