import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { createRegistry } from '@sluice/core'
import requireHeader from '@sluice/examples/plugin-require-header'
import lineScheme from '@sluice/examples/scheme-line'
import { createDataPlane, type DataPlane } from '@sluice/server'
import type { Log, Metrics } from '@sluice/spi'
import { WebSocket } from 'ws'

const nothing = () => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const metric = { add: nothing, observe: nothing }
const metrics: Metrics = { counter: () => metric, gauge: () => metric, histogram: () => metric }

/** What docs/write-a-scheme.md and docs/write-a-plugin.md show does what they say. */
describe('a scheme and a plugin of one’s own', () => {
  const backend = createServer(answerInCapitals)
  let connections = 0
  let plane: DataPlane
  let url: string

  before(async () => {
    backend.on('connection', () => {
      connections++
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    plane = createDataPlane({
      registry: createRegistry([lineScheme], [requireHeader]),
      decrypt: (text) => text,
      log,
      metrics,
      limits: { commandsInFlight: 16, outputQueueBytes: 1 << 20, stallMs: 10_000, messageBytes: 65_536 },
      pingMs: 30_000,
    })
    const route = (uri: string, port: number) => ({
      uri,
      plugins: { 'require-header': { value: 'line-team' } },
      upstream: { scheme: 'line', type: 'none', nodes: { [`127.0.0.1:${port}`]: 1 } },
    })
    const entry = (key: string, value: ReturnType<typeof route>) => ({ key, value, createdIndex: 1, modifiedIndex: 1 })
    plane.apply({
      revision: 1,
      entries: [entry('/routes/1', route('/line', portOf(backend.address()))), entry('/routes/2', route('/down', 1))],
    })
    const { host, port } = await plane.listen({ host: '127.0.0.1', port: 0 })
    url = `ws://${host}:${port}`
  })
  after(async () => {
    await plane?.close()
    backend.close()
  })

  it('the plugin refuses before the WebSocket is accepted', async () => {
    const socket = new WebSocket(`${url}/line`, { headers: { 'x-team': 'another' } })
    const [, response] = await once(socket, 'unexpected-response')
    let body = ''
    for await (const chunk of response) body += chunk
    assert.equal(response.statusCode, 403)
    assert.deepEqual(JSON.parse(body), {
      error_msg: 'the header x-team does not have the value that this route asks for',
      code: 'REQUIRE_HEADER_REFUSED',
    })
  })

  it('the scheme answers, and shares one connection between clients', async () => {
    const clients = await Promise.all([connect('/line'), connect('/line')])
    const answers = await Promise.all(
      clients.map((client, index) => ask(client, { cmd_line_send: { line: `hello ${index}` } })),
    )
    assert.deepEqual(answers, [
      { sequence: '0', line_send_resp: { line: 'HELLO 0' } },
      { sequence: '0', line_send_resp: { line: 'HELLO 1' } },
    ])
    assert.equal(connections, 1)
    for (const client of clients) client.close()
  })

  it('what goes wrong is an error of the scheme, and the socket stays open', async () => {
    const client = await connect('/down')
    const answer = await ask(client, { cmd_line_send: { line: 'hello' } })
    assert.deepEqual(answer, {
      sequence: '0',
      error_resp: { code: 2000, message: 'failed to send a line, err: cannot connect to 127.0.0.1:1' },
    })
    assert.deepEqual(await ask(client, { cmd_ping: { state: 'AAAA' } }), {
      sequence: '0',
      pong_resp: { state: 'AAAA' },
    })
    client.close()
  })

  it('in a global rule the plugin meets every request, also those that no route fits', async () => {
    const answerAt = async (path: string): Promise<number> => {
      const response = await fetch(`${url.replace('ws', 'http')}${path}`, { headers: { 'x-team': 'line-team' } })
      return response.status
    }
    const rule = { id: '1', plugins: { 'require-header': { value: 'everybody' } } }
    const key = '/global_rules/1'
    assert.deepEqual([await answerAt('/line'), await answerAt('/nowhere')], [400, 404])
    plane.change({ revision: 2, changes: [{ key, entry: { key, value: rule, createdIndex: 2, modifiedIndex: 2 } }] })
    assert.deepEqual([await answerAt('/line'), await answerAt('/nowhere')], [403, 403])
    plane.change({ revision: 3, changes: [{ key }] })
    assert.deepEqual([await answerAt('/line'), await answerAt('/nowhere')], [400, 404])
  })

  async function connect(path: string): Promise<WebSocket> {
    const socket = new WebSocket(`${url}${path}`, { headers: { 'x-team': 'line-team' } })
    await once(socket, 'open')
    return socket
  }
})

async function ask(socket: WebSocket, command: object): Promise<unknown> {
  socket.send(JSON.stringify(command))
  const [data] = await once(socket, 'message')
  return JSON.parse(String(data))
}

function answerInCapitals(socket: Socket): void {
  socket.on('error', nothing)
  createInterface({ input: socket }).on('line', (line) => socket.write(`${line.toUpperCase()}\n`))
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
