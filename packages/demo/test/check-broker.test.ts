import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { answersAsKafka } from '../src/check-broker.ts'

const expectedRequests = Buffer.from(
  // ApiVersions version 0, correlation id 1; Metadata version 1, correlation id 2, no topics.
  '0000000a 0012 0000 00000001 ffff 0000000e 0003 0001 00000002 ffff 00000000'.replaceAll(' ', ''),
  'hex',
)

const response = (correlationId: number, body = '') => {
  const frame = Buffer.alloc(8 + body.length)
  frame.writeInt32BE(4 + body.length, 0)
  frame.writeInt32BE(correlationId, 4)
  frame.write(body, 8)
  return frame
}

/** Asks a server that reads both requests and then does as `answer` says. */
async function ask(answer: (socket: Duplex) => void, signal = new AbortController().signal): Promise<boolean> {
  const [client, server] = duplexPair()
  server.once('data', (requests: Buffer) => {
    assert.deepEqual(requests, expectedRequests)
    answer(server)
  })
  const result = await answersAsKafka(client, signal)
  assert.equal(client.destroyed, true)
  return result
}

test('a broker answers both requests, in whatever pieces', async () => {
  const both = Buffer.concat([response(1, 'versions'), response(2, 'brokers')])
  assert.equal(await ask((socket) => socket.end(both)), true)
  const bytes = Array.from(both, (byte) => Buffer.from([byte]))
  assert.equal(
    await ask((socket) => {
      for (const byte of bytes) socket.write(byte)
    }),
    true,
  )
})

test('a SASL listener closes at the second request', async () => {
  assert.equal(await ask((socket) => socket.end(response(1, 'versions'))), false)
})

test('a TLS listener and other servers do not answer as Kafka', async () => {
  assert.equal(await ask((socket) => socket.end()), false)
  assert.equal(await ask((socket) => socket.end(Buffer.from('15030300020250', 'hex'))), false)
  assert.equal(await ask((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')), false)
  assert.equal(await ask((socket) => socket.destroy()), false)
})

test('a server that is silent is given up', async () => {
  const giveUp = new AbortController()
  assert.equal(await ask(() => giveUp.abort(), giveUp.signal), false)
})
