import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditLog, AuditRecord } from '../../src/audit/audit-log.ts'
import { createTestAdmin, keys } from '../support/admin.ts'

const hashKey = Buffer.alloc(32, 1)
const url = '/apisix/admin/services/1'

function createAudited(append?: AuditLog['append']) {
  const records: AuditRecord[] = []
  const log: AuditLog = {
    append: append ?? (async (record) => void records.push(record)),
    read: async () => records.toReversed(),
  }
  const admin = createTestAdmin({ audit: { log, hashKey } })
  const ask = (method: 'GET' | 'PUT' | 'DELETE', to: string, key?: string, payload?: object) =>
    admin.app.inject({
      method,
      url: to,
      headers: key === undefined ? {} : { 'x-api-key': key },
      ...(payload && { payload }),
    })
  return { ...admin, records, ask }
}

test('a write has its intent and its result, with hashes that tell states apart', async () => {
  const { records, ask } = createAudited()
  await ask('PUT', url, keys.admin, { desc: 'one' })
  await ask('DELETE', url, keys.admin)
  const stages = records.map((record) => [record.method, record.stage, 'status' in record ? record.status : undefined])
  assert.deepEqual(stages, [
    ['PUT', 'intent', undefined],
    ['PUT', 'result', 201],
    ['DELETE', 'intent', undefined],
    ['DELETE', 'result', 200],
  ])
  const [put, , remove] = records.map((record) => (record.stage === 'intent' ? record.changes[0] : undefined))
  assert.equal(put?.before, null)
  assert.match(put?.after ?? '', /^[0-9a-f]{64}$/)
  assert.deepEqual(remove, { key: '/services/1', before: put?.after, after: null })
  const [intent, result] = records
  assert.deepEqual(
    [intent?.request, intent?.role, intent?.address, intent?.path],
    [result?.request, 'admin', '127.0.0.1', url],
  )
})

test('nothing is stored without an intent', async () => {
  const { store, ask } = createAudited(async () => {
    throw new Error('no space left on device')
  })
  const answer = await ask('PUT', url, keys.admin, {})
  assert.equal(answer.statusCode, 503)
  assert.match(answer.json().error_msg, /^nothing was written: the audit log cannot be/)
  assert.equal(await store.get('/services/1'), undefined)
})

test('a result that cannot be written does not change the answer', async () => {
  const { entries, ask } = createAudited(async ({ stage }) => {
    if (stage === 'result') throw new Error('no space left on device')
  })
  assert.equal((await ask('PUT', url, keys.admin, {})).statusCode, 201)
  assert.equal(entries.filter(({ level }) => level === 'error').length, 1)
})

const single: readonly (readonly [
  what: string,
  key: string | undefined,
  to: string,
  body: object,
  expected: unknown,
])[] = [
  ['a body that is refused', keys.admin, url, { nope: 1 }, [['result', 400, undefined]]],
  ['a path that there is not', keys.admin, '/apisix/admin/nope/1', {}, [['result', 404, undefined]]],
  ['a dry run', keys.admin, `${url}?dry_run=true`, {}, [['result', 201, true]]],
  ['a viewer', keys.viewer, url, {}, [['result', 401, undefined]]],
  ['a wrong key', 'guessed', url, {}, [['result', 401, undefined]]],
  ['no key', undefined, url, {}, []],
]
for (const [what, key, to, body, expected] of single) {
  test(`a write that stores nothing: ${what}`, async () => {
    const { records, ask } = createAudited()
    await ask('PUT', to, key, body)
    const told = records.map((record) => record.stage === 'result' && [record.stage, record.status, record.dry_run])
    assert.deepEqual(told, expected)
  })
}

test('reads are not in it, and secrets never are', async () => {
  const { records, ask } = createAudited()
  await ask('GET', url, keys.admin)
  assert.deepEqual(records, [])
  await ask('PUT', `${url}?canary=1`, 'canary-of-a-key', { desc: 'canary-of-a-body' })
  await ask('PUT', `${url}?canary=1`, keys.admin, { desc: 'canary-of-a-body' })
  assert.equal(records.length, 3)
  assert.doesNotMatch(JSON.stringify(records), /canary|the-key-of/)
})
