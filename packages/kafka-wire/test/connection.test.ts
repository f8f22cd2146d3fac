import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { afterEach, describe, test } from 'node:test'
import { type ApiRequest, apiRequest } from '../src/api-request.ts'
import type { Command } from '../src/command.ts'
import { CommandSet } from '../src/command-set.ts'
import { type ConnectionOptions, KafkaConnection } from '../src/connection.ts'
import { KafkaError } from '../src/errors.ts'
import { SlabPool } from '../src/slab-pool.ts'
import { until } from './support/cluster-bed.ts'
import { type FakeAnswer, type FakeRequest, serveStream } from './support/fake-broker.ts'

/** A request whose answer is one INT32; `read` may fail. */
function number(read = (value: number): number => value): ApiRequest<number> {
  return apiRequest({
    apiKey: 100,
    apiName: 'Number',
    version: 0,
    flexible: false,
    write: () => {},
    read: (reader) => read(reader.int32()),
  })
}

const commands = new CommandSet()

function command(ms = 60_000, signal?: AbortSignal): Command {
  return commands.begin({ deadline: performance.now() + ms, timeoutMs: ms, signal })
}

afterEach(() => commands.stop())

interface Setup {
  readonly connection: KafkaConnection
  readonly server: Duplex
  readonly requests: FakeRequest[]
  readonly pool: SlabPool
}

function connect(
  handle: (request: FakeRequest, index: number) => FakeAnswer,
  options: Partial<ConnectionOptions> = {},
): Setup {
  const [client, server] = duplexPair()
  const requests: FakeRequest[] = []
  serveStream(server, (request) => handle(request, requests.push(request) - 1))
  const pool = new SlabPool()
  const limits = { maxFrameBytes: 1 << 20, maxInFlight: 64, stallTimeoutMs: 60_000 }
  const connection = new KafkaConnection(client, { broker: 'b:9092', clientId: 'me', pool, ...limits, ...options })
  return { connection, server, requests, pool }
}

const count =
  (_request: FakeRequest, index: number): FakeAnswer =>
  (writer) =>
    writer.int32(index)

describe('requests', () => {
  test('are pipelined and answered in order', async () => {
    const { connection, requests } = connect(() => 'hold')
    const answers = [0, 1, 2].map(() => connection.send(number(), command()))
    await until(() => requests.length === 3)
    assert.equal(requests[0]?.clientId, 'me')
    for (const [index, request] of requests.entries()) request.answer((writer) => writer.int32(index * 10))
    assert.deepEqual(await Promise.all(answers), [0, 10, 20])
    assert.equal(connection.requestsInFlight, 0)
    connection.close()
  })

  test('beyond the cap wait for an answer', async () => {
    const { connection, requests } = connect(() => 'hold', { maxInFlight: 2 })
    const answers = [0, 1, 2].map(() => connection.send(number(), command()))
    await until(() => requests.length === 2)
    assert.equal(connection.requestsInFlight, 3)
    requests[0]?.answer((writer) => writer.int32(1))
    assert.equal(await answers[0], 1)
    await until(() => requests.length === 3)
    requests[1]?.answer((writer) => writer.int32(2))
    requests[2]?.answer((writer) => writer.int32(3))
    assert.deepEqual(await Promise.all(answers), [1, 2, 3])
    connection.close()
  })

  test('that are aborted have their answers dropped; the others get theirs', async () => {
    const { connection, requests } = connect(() => 'hold')
    const controller = new AbortController()
    let reads = 0
    const read = (value: number): number => {
      reads++
      return value
    }
    const aborted = connection.send(number(read), command(60_000, controller.signal))
    const kept = connection.send(number(), command())
    await until(() => requests.length === 2)
    controller.abort()
    await assert.rejects(aborted, { code: 'KAFKA_ABORTED' })
    assert.equal(connection.requestsInFlight, 2)
    for (const request of requests) request.answer((writer) => writer.int32(8))
    assert.equal(await kept, 8)
    assert.equal(reads, 0)
    connection.close()
  })

  test('that are aborted before their turn are never sent', async () => {
    const { connection, requests } = connect(() => 'hold', { maxInFlight: 1 })
    const controller = new AbortController()
    const first = connection.send(number(), command())
    const waiting = connection.send(number(), command(60_000, controller.signal))
    controller.abort()
    await assert.rejects(waiting, { code: 'KAFKA_ABORTED' })
    assert.equal(connection.requestsInFlight, 1)
    await until(() => requests.length === 1)
    requests[0]?.answer((writer) => writer.int32(1))
    assert.equal(await first, 1)
    assert.equal(requests.length, 1)
    connection.close()
  })

  test('end at the deadline of their command, which names the API and the broker', async () => {
    const { connection } = connect(() => 'hold')
    await assert.rejects(connection.send(number(), command(5)), {
      code: 'KAFKA_TIMEOUT',
      message: 'no answer within 5 ms, waiting for Number from broker b:9092',
    })
    assert.equal(connection.open, true)
    connection.close()
  })

  test('whose answer is malformed fail alone', async () => {
    const { connection } = connect((_request, index) => (writer) => (index === 0 ? writer.int8(1) : writer.int32(5)))
    const bad = connection.send(number(), command())
    const good = connection.send(number(), command())
    const message = 'broker b:9092 sent a malformed answer: a field is longer than its frame'
    await assert.rejects(bad, { code: 'KAFKA_PROTOCOL', broker: 'b:9092', message })
    assert.equal(await good, 5)
    connection.close()
  })

  test('whose reading fails with an error of ours reject with it', async () => {
    const { connection } = connect(count)
    const corrupt = new KafkaError('KAFKA_CORRUPT_BATCH', 'batch 1 to 2')
    const failing = number(() => {
      throw corrupt
    })
    await assert.rejects(connection.send(failing, command()), corrupt)
    assert.equal(await connection.send(number(), command()), 1)
    connection.close()
  })

  test('larger than a chunk arrive whole, and the buffer goes back', async () => {
    const { connection, pool, server, requests } = connect(() => 'hold')
    const body = Buffer.alloc(300_000, 7)
    const length = apiRequest({
      ...number(),
      read: (reader) => reader.bytes(false).filter((byte) => byte === 7).length,
    })
    const answer = connection.send(length, command())
    await until(() => requests.length === 1)
    const head = Buffer.from('0000000000000000', 'hex')
    head.writeInt32BE(8 + body.length, 0)
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    const frame = Buffer.concat([head, size, body])
    for (let at = 0; at < frame.length; at += 10_000) server.write(frame.subarray(at, at + 10_000))
    assert.equal(await answer, body.length)
    assert.equal(pool.stats().outstanding, 0)
    connection.close()
  })
})

describe('the end of a connection', () => {
  test('fails every request with a retriable error', async () => {
    const { connection, server, requests } = connect(() => 'hold', { maxInFlight: 1 })
    const answers = [0, 1].map(() => connection.send(number(), command()))
    await until(() => requests.length === 1)
    server.end()
    for (const answer of answers) {
      const message = 'broker b:9092 closed the connection: its log may say why'
      await assert.rejects(answer, { code: 'KAFKA_DISCONNECTED', retriable: true, broker: 'b:9092', message })
    }
    await assert.rejects(connection.send(number(), command()), { code: 'KAFKA_DISCONNECTED', retriable: true })
    await connection.gone
  })

  test('is told once, with its reason', async () => {
    const { connection, server } = connect(count)
    const reasons: (KafkaError | undefined)[] = []
    connection.onClose((reason) => reasons.push(reason))
    await connection.send(number(), command())
    server.destroy(new Error('reset'))
    await connection.gone
    connection.close()
    assert.deepEqual(
      reasons.map((reason) => reason?.code),
      ['KAFKA_DISCONNECTED'],
    )
  })

  test('asked for here has no reason and fails requests with KAFKA_CLOSED', async () => {
    const { connection } = connect(() => 'hold')
    const reasons: (KafkaError | undefined)[] = []
    connection.onClose((reason) => reasons.push(reason))
    const answer = connection.send(number(), command())
    connection.close()
    connection.close()
    await assert.rejects(answer, { code: 'KAFKA_CLOSED' })
    assert.deepEqual(reasons, [undefined])
    await connection.gone
  })

  test('comes when the broker is silent for too long', async () => {
    const { connection } = connect(() => 'hold', { stallTimeoutMs: 5 })
    const message = 'broker b:9092 has not answered for 5 ms'
    await assert.rejects(connection.send(number(), command()), { code: 'KAFKA_DISCONNECTED', retriable: true, message })
    assert.equal(connection.open, false)
  })

  test('does not come while nothing is due, nor while the broker may hold the answer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const once = (_request: FakeRequest, index: number): FakeAnswer =>
      index === 0 ? (writer) => writer.int32(1) : 'hold'
    const { connection, requests } = connect(once, { stallTimeoutMs: 0 })
    await connection.send(number(), command())
    t.mock.timers.tick(1000)
    assert.equal(connection.open, true)
    const held = connection.send({ ...number(), holdMs: 50_000 }, command())
    await until(() => requests.length === 2)
    t.mock.timers.tick(1000)
    requests[1]?.answer((writer) => writer.int32(2))
    assert.equal(await held, 2)
    connection.close()
  })

  test('comes in its time after a request that could wait longer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let now = 1000
    t.mock.method(performance, 'now', () => now)
    const once = (_request: FakeRequest, index: number): FakeAnswer =>
      index === 0 ? (writer) => writer.int32(1) : 'hold'
    const { connection } = connect(once, { stallTimeoutMs: 100 })
    await connection.send({ ...number(), holdMs: 50_000 }, command(1_000_000))
    const stalled = connection.send(number(), command(1_000_000))
    now += 99
    t.mock.timers.tick(99)
    assert.equal(connection.open, true)
    now += 1
    t.mock.timers.tick(1)
    await assert.rejects(stalled, { code: 'KAFKA_DISCONNECTED', retriable: true })
  })

  test('comes when an answer belongs to no request', async () => {
    const { connection, server, requests } = connect(() => 'hold')
    const answer = connection.send(number(), command())
    await until(() => requests.length === 1)
    server.write(Buffer.from('0000000800000063aabbccdd', 'hex'))
    await assert.rejects(answer, {
      code: 'KAFKA_PROTOCOL',
      message: /it belongs to no request; is this a Kafka broker\?$/,
    })
  })

  test('comes when a retired connection has answered', async () => {
    const { connection, requests } = connect(() => 'hold')
    const answer = connection.send(number(), command())
    connection.retire()
    await assert.rejects(connection.send(number(), command()), { code: 'KAFKA_DISCONNECTED' })
    await until(() => requests.length === 1)
    requests[0]?.answer((writer) => writer.int32(4))
    assert.equal(await answer, 4)
    await connection.gone
  })
})

describe('guesses', () => {
  test('a TLS alert means that the port speaks TLS', async () => {
    const { connection, server } = connect(() => 'hold')
    const answer = connection.send(number(), command())
    server.write(Buffer.from('15030300020250', 'hex'))
    const message = 'broker b:9092 speaks TLS, but the route has no upstream.tls'
    await assert.rejects(answer, { code: 'KAFKA_TLS_EXPECTED', message })
  })

  test('an HTTP answer is no Kafka', async () => {
    const { connection, server } = connect(() => 'hold')
    const answer = connection.send(number(), command())
    server.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    await assert.rejects(answer, {
      code: 'KAFKA_PROTOCOL',
      message: /a frame of 1213486160 bytes.*is this a Kafka broker\?/,
    })
  })

  test('a suspicion holds until the next answer', async () => {
    const words = {
      tls_expected: /it may expect TLS/,
      sasl_required: /it may require SASL/,
      credentials: /during SASL/,
    }
    for (const suspicion of ['tls_expected', 'sasl_required', 'credentials'] as const) {
      const early = connect(() => 'close')
      early.connection.suspect(suspicion)
      await assert.rejects(early.connection.send(number(), command()), { message: words[suspicion] })

      const late = connect((request, index) => (index === 0 ? count(request, index) : 'close'))
      late.connection.suspect(suspicion)
      await late.connection.send(number(), command())
      await assert.rejects(late.connection.send(number(), command()), {
        message: 'broker b:9092 closed the connection: its log may say why',
      })
    }
  })
})
