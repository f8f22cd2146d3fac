import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AuditLog } from '@sluice/admin-api'
import { createAuditFile } from '../../src/data-dir/audit-file.ts'

const record = (request: string): Parameters<AuditLog['append']>[0] => ({
  time: '2026-11-23T20:00:00.000Z',
  request,
  address: '127.0.0.1',
  method: 'PUT',
  path: '/apisix/admin/routes/1',
  stage: 'result',
  status: 201,
})

const line = (request: string): string => `${JSON.stringify(record(request))}\n`

test('keeps lines in order, whole and private, also after they were moved away or cut off', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'audit.jsonl')
  const log = createAuditFile(file)
  await Promise.all(['1', '2', '3'].map((request) => log.append(record(request))))
  assert.equal(await readFile(file, 'utf8'), line('1') + line('2') + line('3'))
  assert.equal((await stat(file)).mode & 0o777, 0o600)

  await rename(file, `${file}.1`)
  await log.append(record('4'))
  assert.equal(await readFile(file, 'utf8'), line('4'))

  await appendFile(file, '{"cut')
  await log.append(record('5'))
  assert.equal(await readFile(file, 'utf8'), `${line('4')}{"cut\n${line('5')}`)
})

test('one failure is told, and does not end the log', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const away = `${folder}-away`
  const log = createAuditFile(join(folder, 'audit.jsonl'))
  await rename(folder, away)
  await assert.rejects(log.append(record('1')), { code: 'ENOENT' })
  await rename(away, folder)
  await log.append(record('2'))
  assert.equal(await readFile(join(folder, 'audit.jsonl'), 'utf8'), line('2'))
})

test('reads the newest lines that fit, over chunks, without what is cut off', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'audit.jsonl')
  const log = createAuditFile(file)
  assert.deepEqual(await log.read({ count: 5, fits: () => true }), [])
  const lines = Array.from({ length: 2000 }, (_, i) => line(`${i}é`))
  await appendFile(file, `${lines.join('')}{"cut\n${line('last')}`)
  const read = async (count: number, fits: Parameters<AuditLog['read']>[0]['fits']) =>
    (await log.read({ count, fits })).map(({ request }) => request)
  assert.deepEqual(await read(3, () => true), ['last', '1999é', '1998é'])
  assert.deepEqual(await read(2, ({ request }) => request.startsWith('10')), ['1099é', '1098é'])
  const all = await read(5000, () => true)
  assert.deepEqual(all, ['last', ...Array.from({ length: 2000 }, (_, i) => `${1999 - i}é`)])
})
