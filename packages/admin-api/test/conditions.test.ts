import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestAdmin, keys } from './support/admin.ts'

const url = '/apisix/admin/services/1'

function start() {
  const { app, entries } = createTestAdmin()
  const ask = async (
    method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    more: Record<string, string> = {},
    at = url,
  ) => {
    const payload = method === 'GET' || method === 'DELETE' ? {} : { payload: '{"desc":"a"}' }
    const { statusCode, headers, body } = await app.inject({
      method,
      url: at,
      headers: { 'x-api-key': keys.admin, ...more },
      ...payload,
    })
    return { status: statusCode, etag: headers.etag, body }
  }
  return { ask, entries }
}

test('a write and a read tell the ETag, which each write changes; lists have none', async () => {
  const { ask } = start()
  const created = await ask('PUT')
  assert.deepEqual([created.status, created.etag], [201, '"1"'])
  assert.equal((await ask('GET')).etag, '"1"')
  assert.equal((await ask('PATCH')).etag, '"2"')
  assert.equal((await ask('GET')).etag, '"2"')
  assert.equal((await ask('GET', {}, '/apisix/admin/services')).etag, undefined)
})

const cases: readonly (readonly [header: string, value: string, exists: number, absent: number])[] = [
  ['if-match', '"1"', 200, 412],
  ['if-match', '"7", "1"', 200, 412],
  ['if-match', '*', 200, 412],
  ['if-match', '"7"', 412, 412],
  ['if-match', 'W/"1"', 412, 412],
  ['if-none-match', '*', 412, 201],
  ['if-none-match', '"1"', 412, 201],
  ['if-none-match', 'W/"1"', 412, 201],
  ['if-none-match', '"7"', 200, 201],
  ['if-match', '1', 400, 400],
  ['if-none-match', '"1" "2"', 400, 400],
]
for (const [header, value, exists, absent] of cases) {
  test(`PUT with ${header}: ${value} is answered ${exists} where there is one, ${absent} where there is none`, async () => {
    const { ask } = start()
    assert.equal((await ask('PUT', { [header]: value })).status, absent)
    const { ask: again } = start()
    await again('PUT')
    const answer = await again('PUT', { [header]: value })
    assert.equal(answer.status, exists)
    assert.equal((await again('GET')).etag, exists === 200 ? '"2"' : '"1"')
  })
}

for (const method of ['PATCH', 'DELETE'] as const) {
  test(`${method} of what has changed is refused, and says what is there`, async () => {
    const { ask } = start()
    await ask('PUT')
    await ask('PUT')
    const { status, body } = await ask(method, { 'if-match': '"1"' })
    assert.deepEqual(
      [status, JSON.parse(body)],
      [
        412,
        {
          error_msg:
            'If-Match is "1", and the resource has the ETag "2": read it, and send the write again with its ETag',
        },
      ],
    )
    assert.equal((await ask(method, { 'if-match': '"2"' })).status, 200)
  })
}

test('POST makes something new, so that it matches nothing', async () => {
  const { ask } = start()
  assert.equal((await ask('POST', { 'if-match': '*' }, '/apisix/admin/services')).status, 412)
  assert.equal((await ask('POST', { 'if-none-match': '*' }, '/apisix/admin/services')).status, 201)
})

test('a reader who has it is told so', async () => {
  const { ask } = start()
  await ask('PUT')
  assert.deepEqual(await ask('GET', { 'if-none-match': '"1"' }), { status: 304, etag: '"1"', body: '' })
  assert.equal((await ask('GET', { 'if-none-match': '"0"' })).status, 200)
})
