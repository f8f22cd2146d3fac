import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type InProcessGateway, startInProcess } from '@sluice/testkit'
import echo from '../src/index.ts'

describe('the scheme echo', () => {
  let gateway: InProcessGateway

  before(async () => {
    gateway = await startInProcess({ schemes: [echo] })
    const upstream = { scheme: 'echo', type: 'none', nodes: { '127.0.0.1:1': 1 } }
    const options = { status: 201, headers: { 'x-from': 'echo' }, max_body_bytes: 10 }
    gateway.put('/routes/1', { name: 'first', uri: '/teams/:team/*', upstream: { ...upstream, echo: options } })
  })
  after(() => gateway.close())

  it('answers with what the request was', async () => {
    const response = await fetch(`${gateway.url}/teams/red//x?a=1&b=2`, {
      method: 'PUT',
      body: 'hello',
      headers: { 'x-a': 'b' },
    })
    assert.deepEqual([response.status, response.headers.get('x-from')], [201, 'echo'])
    const seen: Record<string, unknown> = JSON.parse(await response.text())
    const { body, headers, host, method, params, path, query, route } = seen
    assert.deepEqual(
      { body, host, method, params, path, query, route },
      {
        body: 'hello',
        host: '127.0.0.1',
        method: 'PUT',
        params: { team: 'red', ext: 'x' },
        path: '/teams/red/x',
        query: [
          ['a', '1'],
          ['b', '2'],
        ],
        route: { id: '1', name: 'first' },
      },
    )
    assert.equal(Reflect.get(Object(headers), 'x-a'), 'b')
  })

  it('refuses a body that is too long, whether its length is told or not', async () => {
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('more and more')),
    })
    for (const body of ['longer than that', endless]) {
      const response = await fetch(`${gateway.url}/teams/red/x`, { method: 'POST', body, duplex: 'half' })
      assert.equal(response.status, 413)
      assert.equal(Reflect.get(Object(await response.json()), 'code'), 'ECHO_BODY_TOO_LONG')
    }
  })
})
