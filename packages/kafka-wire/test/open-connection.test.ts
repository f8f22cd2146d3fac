import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import type { Dial } from '../src/dial.ts'
import { type OpenOptions, openConnection, type ReadyConnection } from '../src/open-connection.ts'
import type { Writer } from '../src/primitives/writer.ts'
import { SlabPool } from '../src/slab-pool.ts'
import { type FakeAnswer, FakeBrokers, type FakeRequest } from './support/fake-broker.ts'

const sasl = { mechanism: 'PLAIN', username: 'ada', password: 'hunter2' } as const
const target = { host: 'b', port: 9092, advertised: false }

function open(dial: Dial, options: Partial<OpenOptions> = {}): Promise<ReadyConnection> {
  return openConnection(target, {
    dial,
    tls: undefined,
    sasl: undefined,
    connectTimeoutMs: 60_000,
    signal: new AbortController().signal,
    clientId: 'sluice',
    pool: new SlabPool(),
    maxFrameBytes: 1 << 20,
    maxInFlight: 64,
    stallTimeoutMs: 60_000,
    ...options,
  })
}

function versions(writer: Writer): void {
  writer.int16(0)
  writer.array([17, 18, 36], true, (key) =>
    writer
      .int16(key)
      .int16(0)
      .int16(key === 18 ? 4 : 1)
      .noTaggedFields(true),
  )
  writer.int32(0).noTaggedFields(true)
}

function broker(answers: Readonly<Record<number, (request: FakeRequest) => FakeAnswer>>): FakeBrokers {
  const brokers = new FakeBrokers()
  brokers.serve('b', 9092, (request) => (answers[request.apiKey] ?? (() => 'close' as const))(request))
  return brokers
}

function handshake(errorCode: number): FakeAnswer {
  return (writer) => {
    writer.int16(errorCode).array(['PLAIN', 'GSSAPI'], false, (name) => writer.string(name, false))
  }
}

function authenticated(errorCode: number, message: string | null, lifetimeMs = 0n): FakeAnswer {
  return (writer) => {
    writer.int16(errorCode).string(message, false).bytes(Buffer.alloc(0), false).int64(lifetimeMs)
  }
}

describe('opening a connection', () => {
  test('asks for the versions and needs no more without SASL', async () => {
    const brokers = broker({ 18: () => versions })
    const ready = await open(brokers.dial)
    assert.deepEqual(ready.versions.get(36), { min: 0, max: 1 })
    assert.equal(ready.session.renewAt, Number.POSITIVE_INFINITY)
    assert.deepEqual(
      brokers.requests.map(({ apiKey, version, clientId }) => [apiKey, version, clientId]),
      [[18, 4, 'sluice']],
    )
    ready.connection.close()
  })

  test('asks an older broker again in version 0', async () => {
    const brokers = broker({
      18:
        ({ version }) =>
        (writer) =>
          writer
            .int16(version === 0 ? 0 : 35)
            .int32(1)
            .int16(18)
            .int16(0)
            .int16(2),
    })
    const ready = await open(brokers.dial)
    assert.deepEqual([...ready.versions], [[18, { min: 0, max: 2 }]])
    assert.deepEqual(
      brokers.requests.map(({ version }) => version),
      [4, 0],
    )
    ready.connection.close()
  })

  test('authenticates, and is replaced before the session ends', async () => {
    const sent: Buffer[] = []
    const brokers = broker({
      17: () => handshake(0),
      18: () => versions,
      36: ({ body }) => {
        sent.push(body.bytes(false))
        return authenticated(0, null, 100_000n)
      },
    })
    const before = performance.now()
    const ready = await open(brokers.dial, { sasl })
    const after = performance.now()
    assert.deepEqual(sent.map(String), ['\0ada\0hunter2'])
    assert.ok(
      ready.session.renewAt >= before + 85_000 && ready.session.renewAt <= after + 95_000,
      String(ready.session.renewAt),
    )
    ready.connection.close()
  })

  for (const [name, answers, code, message] of [
    [
      'a wrong password',
      { 17: () => handshake(0), 36: () => authenticated(58, 'Authentication failed: Invalid username or password') },
      'KAFKA_SASL_FAILED',
      'SASL authentication with broker b:9092 failed (mechanism PLAIN): Authentication failed: Invalid username or password',
    ],
    [
      'a broker that repeats the password',
      { 17: () => handshake(0), 36: () => authenticated(58, 'wrong password hunter2 of ada') },
      'KAFKA_SASL_FAILED',
      'SASL authentication with broker b:9092 failed (mechanism PLAIN): wrong password ****** of ada',
    ],
    [
      'a refusal without words',
      { 17: () => handshake(0), 36: () => authenticated(58, null) },
      'KAFKA_SASL_FAILED',
      'SASL authentication with broker b:9092 failed (mechanism PLAIN): SASL_AUTHENTICATION_FAILED',
    ],
    [
      'another mechanism',
      { 17: () => handshake(33) },
      'KAFKA_SASL_MECHANISM',
      'broker b:9092 does not offer SASL mechanism PLAIN; it offers PLAIN, GSSAPI',
    ],
    [
      'a port without SASL',
      { 17: () => handshake(34) },
      'KAFKA_SASL_FAILED',
      'broker b:9092 does not take SASL on this port (ILLEGAL_SASL_STATE): use its SASL port, or take sasl away from plugin kafka-proxy',
    ],
    [
      'a broker that hangs up',
      {},
      'KAFKA_SASL_FAILED',
      'broker b:9092 closed the connection during SASL authentication: check sasl of plugin kafka-proxy',
    ],
  ] as const) {
    test(`says so: ${name}`, async () => {
      const brokers = broker({ 18: () => versions, ...answers })
      await assert.rejects(open(brokers.dial, { sasl }), { code, message, broker: 'b:9092' })
      assert.equal(brokers.streams.size, 0)
    })
  }

  test('says so: the broker hangs up at once, which may mean TLS only when there is none', async () => {
    const brokers = broker({ 18: () => 'close' })
    await assert.rejects(open(brokers.dial), {
      code: 'KAFKA_TLS_EXPECTED',
      message:
        'broker b:9092 closed the connection before answering ApiVersions: it may expect TLS (upstream.tls), be older than Kafka 0.10, or not be Kafka',
    })
    await assert.rejects(open(brokers.dial, { tls: { verify: true } }), { code: 'KAFKA_DISCONNECTED' })
  })

  test('says so: the broker does not answer in time', async () => {
    const brokers = broker({ 18: () => 'hold' })
    await assert.rejects(open(brokers.dial, { connectTimeoutMs: 5 }), {
      code: 'KAFKA_CONNECT_TIMEOUT',
      retriable: true,
      message: 'no answer within 5 ms, waiting for ApiVersions from broker b:9092',
    })
    assert.equal(brokers.streams.size, 0)
  })

  test('can be given up', async () => {
    const controller = new AbortController()
    const brokers = broker({
      18: () => {
        controller.abort()
        return 'hold'
      },
    })
    await assert.rejects(open(brokers.dial, { signal: controller.signal }), { code: 'KAFKA_ABORTED' })
    assert.equal(brokers.streams.size, 0)
  })

  test('hands the dialler what it needs, and takes bytes from it as well as from the stream', async () => {
    const brokers = broker({ 18: () => versions })
    const dial: Dial = async (dialled) => {
      const inner = await brokers.dial(dialled)
      const { onread } = dialled
      assert.ok(onread !== undefined && onread.buffer instanceof Uint8Array)
      const { buffer, callback } = onread
      inner.on('data', (chunk: Buffer) => {
        buffer.set(chunk)
        callback(chunk.length, buffer)
      })
      return new Duplex({
        read: () => {},
        write: (chunk, _encoding, done) => inner.write(chunk, done),
        destroy: (error, done) => {
          inner.destroy()
          done(error)
        },
      })
    }
    const ready = await open(dial)
    assert.deepEqual([...ready.versions.keys()], [17, 18, 36])
    assert.equal(brokers.dialled[0]?.advertised, false)
    ready.connection.close()
    const tls = await open(brokers.dial, { tls: { verify: false, serverName: 'x' } })
    assert.deepEqual(brokers.dialled[1]?.tls, { verify: false, serverName: 'x' })
    assert.ok(brokers.dialled[1]?.onread)
    tls.connection.close()
  })
})
