import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { cleanUpAfter } from '../src/clean-up.ts'
import { connectPubSub, PubSubError, SocketClosed, UpgradeRefused } from '../src/pubsub-client.ts'
import { decodeRequest, encodeResponse, type PubSubRequest, type PubSubResponse } from '../src/pubsub-codec.ts'

type Answer = (request: PubSubRequest & { sequence: bigint }, socket: WebSocket) => PubSubResponse | undefined

/** A server of the test's own: answers each command as `answer` says. */
async function serve(t: TestContext, answer: Answer): Promise<string> {
  const cleanUp = cleanUpAfter(t)
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  cleanUp.defer(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      if (!isBinary || !Buffer.isBuffer(data)) return socket.send(String(data))
      const response = answer(decodeRequest(data), socket)
      if (response) socket.send(encodeResponse(response))
    })
  })
  await once(server, 'listening')
  return urlOf(server.address())
}

const urlOf = (address: AddressInfo | string | null) =>
  `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

describe('connectPubSub', () => {
  it('matches answers by sequence, whatever their order', async (t) => {
    const held: (() => void)[] = []
    const url = await serve(t, ({ sequence, cmd_ping }, socket) => {
      held.unshift(() =>
        socket.send(encodeResponse({ sequence, pong_resp: { state: cmd_ping?.state ?? Buffer.alloc(0) } })),
      )
      if (held.length === 3) for (const send of held) send()
      return undefined
    })
    const client = await connectPubSub(url)
    const states = await Promise.all([1, 2, 3].map((n) => client.ping(Buffer.from([n]))))
    assert.deepEqual(
      states.map(([n]) => n),
      [1, 2, 3],
    )
    await client.close()
  })

  it('reads messages and offsets, and throws what the server answered', async (t) => {
    const message = { offset: 7n, timestamp: 8n, key: Buffer.from('k'), value: Buffer.from('v') }
    const url = await serve(t, ({ sequence, cmd_kafka_fetch, cmd_kafka_list_offset }) => {
      if (cmd_kafka_list_offset) return { sequence, kafka_list_offset_resp: { offset: -1n } }
      if (cmd_kafka_fetch?.offset === 7n) return { sequence, kafka_fetch_resp: { messages: [message] } }
      return { sequence, error_resp: { code: 1001, message: 'OFFSET_OUT_OF_RANGE' } }
    })
    const client = await connectPubSub(url)
    assert.deepEqual(await client.fetch('t', 0, 7n), [message])
    assert.equal(await client.listOffset('t', 0, -1n), -1n)
    await assert.rejects(client.fetch('t', 0, 8n), (error) => error instanceof PubSubError && error.code === 1001)
    await client.close()
  })

  it('shows frames that no request waits for, in order', async (t) => {
    const client = await connectPubSub(
      await serve(t, ({ sequence }) => ({ sequence, pong_resp: { state: Buffer.alloc(1) } })),
    )
    assert.equal(client.send({ sequence: 9n, cmd_empty: {} }), 9n)
    client.sendRaw('as text')
    const first = await client.nextFrame()
    assert.ok(first.kind === 'binary')
    assert.equal(first.response.sequence, 9n)
    assert.deepEqual(await client.nextFrame(), { kind: 'text', text: 'as text' })
    await client.close()
  })

  it('tells everyone who waits how the server closed', async (t) => {
    const client = await connectPubSub(
      await serve(t, (_request, socket) => {
        socket.close(1012, 'the route was changed')
        return undefined
      }),
    )
    const waiting = client.nextFrame()
    await assert.rejects(client.request({ cmd_empty: {} }), SocketClosed)
    await assert.rejects(waiting, /closed the WebSocket with 1012 the route was changed/)
    assert.deepEqual(await client.nextClose(), { code: 1012, reason: 'the route was changed' })
    assert.deepEqual(await client.close(), { code: 1012, reason: 'the route was changed' })
  })

  it('does not read while paused', async (t) => {
    const url = await serve(t, ({ sequence }) => ({ sequence, pong_resp: { state: Buffer.alloc(1) } }))
    const [paused, other] = [await connectPubSub(url), await connectPubSub(url)]
    paused.pause()
    let answered = false
    const answer = paused.ping(Buffer.alloc(1)).then(() => {
      answered = true
    })
    // The server answers in the order it is asked, so the answer has been sent before these come back.
    for (let n = 0; n < 20; n++) await other.ping(Buffer.alloc(1))
    assert.equal(answered, false)
    paused.resume()
    await answer
    await Promise.all([paused.close(), other.close()])
  })

  it('reports a refused upgrade with status and body', async (t) => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    await assert.rejects(connectPubSub(urlOf(server.address())), (error) => {
      assert.ok(error instanceof UpgradeRefused)
      assert.equal(error.status, 401)
      assert.equal(error.body, 'no')
      return true
    })
  })

  it('reports a port that nobody listens on', async () => {
    await assert.rejects(connectPubSub('ws://127.0.0.1:1'), /ECONNREFUSED/)
  })
})
