import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStatusServer } from '../src/status-server.ts'

test('tells whether the gateway is alive and ready, and its metrics', async (t) => {
  let reason: string | undefined = 'starting'
  const metrics = { render: async () => 'sluice_connections 0\n', contentType: 'text/plain; version=0.0.4' }
  const app = createStatusServer({ notReady: () => reason, metrics })
  t.after(() => app.close())
  const get = async (url: string) => {
    const { statusCode, body } = await app.inject({ url })
    return [statusCode, body]
  }
  assert.deepEqual(await get('/healthz'), [200, '{"status":"alive"}'])
  assert.deepEqual(await get('/readyz'), [503, '{"status":"not ready","reason":"starting"}'])
  reason = undefined
  assert.deepEqual(await get('/readyz'), [200, '{"status":"ready"}'])
  assert.deepEqual(await get('/metrics'), [200, 'sluice_connections 0\n'])
  assert.equal((await app.inject({ url: '/metrics' })).headers['content-type'], metrics.contentType)
  assert.deepEqual(await get('/'), [404, '{"message":"there is only /healthz, /readyz and /metrics"}'])
})

test('tells how many workers serve, and is not ready without any', async (t) => {
  let ready = 1
  const metrics = { render: async () => '', contentType: 'text/plain' }
  const app = createStatusServer({ notReady: () => undefined, workers: () => ({ ready, of: 2 }), metrics })
  t.after(() => app.close())
  const answer = async () => {
    const { statusCode, body } = await app.inject({ url: '/readyz' })
    return [statusCode, JSON.parse(body)]
  }
  assert.deepEqual(await answer(), [200, { status: 'ready', workers: { ready: 1, of: 2 } }])
  ready = 0
  const reason = 'no worker serves'
  assert.deepEqual(await answer(), [503, { status: 'not ready', reason, workers: { ready: 0, of: 2 } }])
})
