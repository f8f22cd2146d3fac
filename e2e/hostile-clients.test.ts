import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connectPubSub, encodeRequest, startGateway, type TestGateway } from '@sluice/harness'
import { closed } from './support/closed.ts'
import { kafkaRoute, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const upgrade =
  'GET /silent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** A client frame around a message of less than 126 bytes (RFC 6455, section 5.2), masked with zeros. */
const frame = (message: Uint8Array): Buffer => Buffer.from([0x82, 0x80 | message.length, 0, 0, 0, 0, ...message])

/** Commands on this route fail only after several pings. */
const slowRoute = (port: number) =>
  kafkaRoute([`127.0.0.1:${port}`], { uri: '/silent', timeout: { connect: 5, send: 5, read: 5 } })

/** What may come from the internet. The route leads to a server that takes connections and never answers. */
describe('hostile clients', () => {
  let gateway: TestGateway
  let silent: ReturnType<typeof createServer>
  let url: string

  before(async () => {
    silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    assert.ok(typeof address === 'object' && address !== null)
    gateway = await startGateway({ config: 'websocket: { ping_seconds: 1 }\nshutdown: { drain_seconds: 60 }\n' })
    url = await putRoute(gateway, 'silent', slowRoute(address.port))
  })
  after(async () => {
    await gateway?.stop('SIGKILL')
    silent?.close()
  })

  /** Opens a connection and gives what comes back on it. */
  const open = async (): Promise<{ socket: Socket; received: () => string }> => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return { socket, received: () => text }
  }
  const answerTo = async (request: string): Promise<string> => {
    const { socket, received } = await open()
    socket.write(request)
    await closed(socket)
    return received()
  }
  const isAlive = async (): Promise<void> => {
    const client = await connectPubSub(url)
    assert.equal(Buffer.from(await client.ping(Buffer.from('alive'))).toString(), 'alive')
    await client.close()
  }

  it('cannot bring the gateway down with thousands of commands in one write behind slow ones', async () => {
    const { socket, received } = await open()
    socket.write(upgrade)
    await waitFor(
      'the handshake',
      async () => received(),
      (text) => text.includes('\r\n\r\n'),
    )
    const slow = frame(encodeRequest({ cmd_kafka_list_offset: { topic: 't', partition: 0, timestamp: -1n } }))
    const empty = frame(Buffer.alloc(0))
    const pings = 5000
    socket.write(
      Buffer.concat([...Array.from({ length: 16 }, () => slow), ...Array.from({ length: pings }, () => empty)]),
    )
    // Each empty command is answered with 'empty command', once the slow ones have failed.
    await waitFor(
      'answers',
      async () => received().split('empty command').length - 1,
      (answers) => answers === pings,
    )
    socket.destroy()
    await isAlive()
  })

  it('are not taken for dead because they have as many commands in flight as they may', async () => {
    const client = await connectPubSub(url)
    const failed = Array.from({ length: 16 }, () =>
      client.request({ cmd_kafka_fetch: { topic: 't', partition: 0, offset: 0n } }),
    )
    for (const { error_resp } of await Promise.all(failed)) assert.ok(error_resp, 'a broker that is silent is given up')
    await client.close()
  })

  it('are told how to connect whatever plain request they send', async () => {
    const requests = [
      'POST /silent HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
      'PUT /silent HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
      'DELETE /silent HTTP/1.1\r\nHost: x\r\n\r\n',
      'PROPFIND /silent HTTP/1.1\r\nHost: x\r\n\r\n',
      'OPTIONS /silent HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET http://x/silent HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /silent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
      upgrade.replace('GET', 'POST'),
    ]
    for (const request of requests) {
      const answer = await answerTo(request)
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request/, request)
      assert.match(answer, /REQUEST_WEBSOCKET_EXPECTED/, request)
    }
    assert.ok(!gateway.log.some((line) => line.includes('"level":"error"') || line.includes('"level":50')))
    await isAlive()
  })

  it('cannot choose between two hosts', async () => {
    assert.match(await answerTo('GET /silent HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  it('do not hold the shutdown up with half a request', async () => {
    const { socket } = await open()
    socket.write('GET /silent HTTP/1.1\r\nHost: x\r\n')
    await isAlive()
    const gone = closed(socket)
    const exited = gateway.stop('SIGTERM')
    await gone
    assert.equal(await exited, 0)
    assert.ok(!gateway.log.some((line) => line.includes('did not close cleanly')))
  })
})
