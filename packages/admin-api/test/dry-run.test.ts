import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestAdmin, keys } from './support/admin.ts'

const stored = {
  uri: '/a',
  desc: 'old',
  labels: { 'a/b': '1' },
  plugins: { 'kafka-proxy': { sasl: { username: 'u', password: 'secret' } } },
}

async function start() {
  const { app, entries, store } = createTestAdmin()
  const ask = async (method: 'PUT' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, prefer?: string) => {
    const answer = await app.inject({
      method,
      url: `/apisix/admin${url}`,
      headers: { 'x-api-key': keys.admin, ...(prefer === undefined ? {} : { prefer }) },
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
  }
  await ask('PUT', '/routes/1', stored)
  const before = JSON.stringify(await store.list('/'))
  /** Nothing was stored, nor said to have been. */
  const isUnchanged = async () => {
    assert.equal(JSON.stringify(await store.list('/')), before)
    assert.equal(entries.filter(({ message }) => message === 'configuration changed').length, 1)
  }
  return { ask, isUnchanged }
}

test('a PUT that is tried says what it would change, and stores nothing', async () => {
  const { ask, isUnchanged } = await start()
  const value = { ...stored, desc: undefined, uri: '/b', labels: { 'a/b': '2', c: '3' } }
  const { status, body, headers } = await ask('PUT', '/routes/1?dry_run=true', value)
  assert.equal(status, 200)
  assert.equal(body.dry_run, true)
  assert.equal(body.value.uri, '/b')
  assert.deepEqual(body.changes, [
    { op: 'replace', path: '/uri', from: '/a', value: '/b' },
    { op: 'remove', path: '/desc', from: 'old' },
    { op: 'replace', path: '/labels/a~1b', from: '1', value: '2' },
    { op: 'add', path: '/labels/c', value: '3' },
  ])
  assert.equal(headers['preference-applied'], 'dry-run')
  assert.equal(headers.etag, undefined)
  await isUnchanged()
})

test('a secret that would change is told, and not shown', async () => {
  const { ask, isUnchanged } = await start()
  const change = { plugins: { 'kafka-proxy': { sasl: { password: 'another' } } } }
  const { body } = await ask('PATCH', '/routes/1?dry_run=true', change)
  assert.deepEqual(body.changes, [
    { op: 'replace', path: '/plugins/kafka-proxy/sasl/password', from: '******', value: '******' },
  ])
  assert.doesNotMatch(JSON.stringify(body), /another|secret/)
  const { body: same } = await ask('PATCH', '/routes/1?dry_run=true', {
    plugins: { 'kafka-proxy': { sasl: { password: '******' } } },
  })
  assert.deepEqual(same.changes, [])
  await isUnchanged()
})

test('what would be created or deleted is told as a whole, secrets masked', async () => {
  const { ask, isUnchanged } = await start()
  const created = await ask('PUT', '/routes/2', stored, 'dry-run')
  assert.equal(created.status, 201)
  assert.deepEqual(created.body.changes, [{ op: 'add', path: '', value: created.body.value }])
  const posted = await ask('POST', '/routes', stored, 'respond-async, Dry-Run; wait=1')
  assert.deepEqual([posted.status, posted.body.dry_run], [201, true])
  const deleted = await ask('DELETE', '/routes/1?dry_run=true')
  assert.deepEqual([deleted.status, deleted.body.deleted, deleted.body.key], [200, '1', '/apisix/routes/1'])
  assert.equal(deleted.body.changes[0].from.plugins['kafka-proxy'].sasl.password, '******')
  await isUnchanged()
})

test('what would be refused is refused', async () => {
  const { ask, isUnchanged } = await start()
  assert.equal((await ask('PUT', '/routes/1?dry_run=true', { uri: 5 })).status, 400)
  assert.equal((await ask('PUT', '/routes/1?dry_run=true', { uri: '/a', upstream_id: 'none' })).status, 400)
  assert.equal((await ask('DELETE', '/routes/9?dry_run=true')).status, 404)
  const { status, body } = await ask('PUT', '/routes/1?dry_run=yes', stored)
  assert.deepEqual([status, body], [400, { error_msg: 'invalid dry_run: must be true or false' }])
  await isUnchanged()
})

test('dry_run=false stores, whatever is preferred', async () => {
  const { ask } = await start()
  const { body } = await ask('PUT', '/routes/1?dry_run=false', { ...stored, uri: '/b' }, 'dry-run')
  assert.equal(body.dry_run, undefined)
})
