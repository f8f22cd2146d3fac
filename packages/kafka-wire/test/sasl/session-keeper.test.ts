import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { BrokerPool } from '../../src/broker-pool.ts'
import { CommandSet } from '../../src/command-set.ts'
import { KafkaError } from '../../src/errors.ts'
import { apiVersionsRequest } from '../../src/messages/api-versions.ts'
import type { SaslOptions } from '../../src/sasl/create-exchange.ts'
import { SlabPool } from '../../src/slab-pool.ts'
import { stopClock, turns } from '../support/clock.ts'
import { type FakeAnswer, FakeBrokers, type FakeRequest } from '../support/fake-broker.ts'

const target = { host: 'b', port: 9092, advertised: false }
const plain: SaslOptions = { mechanism: 'PLAIN', username: 'ada', password: 'hunter2' }

/** A pool whose one broker grants sessions of some length. */
function bed(t: TestContext, lifetimeMs: number, sasl = plain, connectTimeoutMs = 60_000) {
  const clock = stopClock(t)
  const brokers = new FakeBrokers()
  const renewals: (string | undefined)[] = []
  let onVersions: (request: FakeRequest) => FakeAnswer | undefined = () => undefined
  let onHandshake: (request: FakeRequest) => FakeAnswer | undefined = () => undefined
  let refusal: string | undefined
  brokers.serve('b', 9092, (request) => {
    if (request.apiKey === 18) return onVersions(request) ?? versions
    if (request.apiKey === 17) return onHandshake(request) ?? handshake
    const code = refusal === undefined ? 0 : 58
    return (writer) =>
      writer
        .int16(code)
        .string(refusal ?? null, false)
        .bytes(Buffer.alloc(0), false)
        .int64(BigInt(lifetimeMs))
  })
  const pool = new BrokerPool({
    dial: brokers.dial,
    tls: undefined,
    sasl,
    connectTimeoutMs,
    clientId: 'sluice',
    pool: new SlabPool(),
    maxFrameBytes: 1 << 20,
    maxInFlight: 64,
    stallTimeoutMs: 60_000,
    maxWaiting: 1,
    idleMs: 5000,
    hooks: { onReauthenticated: (_broker, error) => renewals.push(error?.message) },
  })
  const commands = new CommandSet()
  t.after(async () => {
    commands.stop()
    await pool.close(new KafkaError('KAFKA_CLOSED', 'over'))
    await turns()
    assert.equal(brokers.streams.size, 0)
  })
  return {
    clock,
    brokers,
    pool,
    renewals,
    command: () => commands.begin({ deadline: clock.now + 1e9, timeoutMs: 1e9 }),
    asked: (apiKey: number) => brokers.requests.filter((request) => request.apiKey === apiKey).length,
    onVersions: (answer: typeof onVersions) => {
      onVersions = answer
    },
    onHandshake: (answer: typeof onHandshake) => {
      onHandshake = answer
    },
    refuse: (why: string) => {
      refusal = why
    },
  }
}

const handshake: FakeAnswer = (writer) => {
  writer.int16(0).array(['PLAIN'], false, (name) => writer.string(name, false))
}

const versions: FakeAnswer = (writer) => {
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

const request = apiVersionsRequest(4, 'x')

describe('a SASL session that ends', () => {
  test('is renewed on the same connection between 85 and 95 % of its life, each time', async (t) => {
    const { pool, command, clock, brokers, asked, renewals } = bed(t, 100_000)
    const { connection } = await pool.shared(target, command())
    await clock.advance(84_999)
    assert.equal(asked(36), 1)
    await clock.advance(10_002)
    assert.equal(asked(36), 2)
    await clock.advance(84_999)
    assert.equal(asked(36), 2)
    await clock.advance(10_002)
    assert.equal(asked(36), 3)
    assert.deepEqual(renewals, [undefined, undefined])
    assert.equal(pool.ready(target)?.connection, connection)
    assert.equal(brokers.dialled.length, 1)
  })

  test('keeps requests back during the exchange, but takes the answers to those before it', async (t) => {
    const { pool, command, clock, brokers, asked, onHandshake } = bed(t, 100_000)
    const { connection } = await pool.shared(target, command())
    let held: FakeRequest | undefined
    onHandshake((given) => {
      held = given
      return 'hold'
    })
    await clock.advance(95_001)
    assert.equal(asked(17), 2)
    await clock.advance(10_000)
    assert.equal(pool.ready(target)?.connection, connection, 'in use, though the session of before has ended')
    const known = asked(18)
    const answer = connection.send(request, command())
    await turns()
    assert.equal(asked(18), known)
    held?.answer((writer) => {
      if (typeof handshake === 'function') handshake(writer)
    })
    assert.equal((await answer).errorCode, 0)
    assert.deepEqual(
      brokers.requests.slice(-3).map(({ apiKey }) => apiKey),
      [17, 36, 18],
    )
  })

  test('is renewed when what was sent before is answered, however long that takes', async (t) => {
    const { pool, command, clock, asked, renewals, onVersions } = bed(t, 100_000, plain, 3000)
    const { connection } = await pool.shared(target, command())
    await clock.advance(80_000)
    let held: FakeRequest | undefined
    onVersions((given) => {
      held = given
      return 'hold'
    })
    const answer = connection.send(request, command())
    await clock.advance(15_001)
    await clock.advance(20_000)
    assert.equal(asked(17), 1, 'the time for the exchange has not begun')
    held?.answer((writer) => {
      if (typeof versions === 'function') versions(writer)
    })
    assert.equal((await answer).errorCode, 0)
    await turns()
    assert.deepEqual([asked(36), renewals], [2, [undefined]])
    assert.equal(pool.ready(target)?.connection, connection)
  })

  test('that is not renewed ends the connection, and what waits may be asked for on another', async (t) => {
    const { pool, command, clock, onHandshake, refuse, renewals } = bed(t, 100_000)
    const { connection } = await pool.shared(target, command())
    let held: FakeRequest | undefined
    onHandshake((given) => {
      held = given
      return 'hold'
    })
    await clock.advance(95_001)
    const answer = connection.send(request, command())
    refuse('Authentication failed: Invalid username or password')
    held?.answer((writer) => {
      if (typeof handshake === 'function') handshake(writer)
    })
    const why =
      'SASL authentication with broker b:9092 failed (mechanism PLAIN): Authentication failed: Invalid username or password'
    await assert.rejects(answer, {
      code: 'KAFKA_DISCONNECTED',
      retriable: true,
      message: `broker b:9092 did not authenticate the connection again, which was closed: ${why}`,
    })
    assert.deepEqual(renewals, [why])
    assert.equal(pool.ready(target), undefined)
    onHandshake(() => undefined)
    await assert.rejects(pool.shared(target, command()), { code: 'KAFKA_SASL_FAILED', message: why })
  })

  test('is used to its end when there is no token to renew it with', async (t) => {
    let failure: KafkaError | undefined
    let closed = 0
    const sasl: SaslOptions = {
      mechanism: 'OAUTHBEARER',
      tokens: {
        token: () => (failure === undefined ? Promise.resolve({ value: 't' }) : Promise.reject(failure)),
        refused: () => undefined,
        close: () => void closed++,
      },
    }
    const { pool, command, clock, renewals } = bed(t, 100_000, sasl)
    const { connection } = await pool.shared(target, command())
    failure = new KafkaError('KAFKA_TOKEN_FAILED', 'the endpoint is down')
    await clock.advance(95_001)
    assert.deepEqual(renewals, ['the endpoint is down'])
    assert.equal(pool.ready(target)?.connection, connection)
    await clock.advance(5000)
    assert.equal(pool.ready(target), undefined)
    await assert.rejects(pool.shared(target, command()), failure)
    await pool.close(new KafkaError('KAFKA_CLOSED', 'over'))
    assert.equal(closed, 1)
  })

  test('of less than a second, more often than which brokers authenticate none, replaces the connection', async (t) => {
    const { pool, command, clock, brokers, renewals } = bed(t, 1000)
    const { connection } = await pool.shared(target, command())
    await clock.advance(951)
    assert.equal(pool.ready(target), undefined)
    const other = await pool.shared(target, command())
    assert.notEqual(other.connection, connection)
    assert.equal(brokers.dialled.length, 2)
    assert.deepEqual(renewals, [])
  })

  test('of an idle connection is renewed when that is used again', async (t) => {
    const { pool, command, clock, brokers, asked } = bed(t, 3000)
    const first = await pool.exclusive(target, command(), clock.now + 1000)
    assert.ok(first !== undefined)
    pool.giveBack(target, first)
    await clock.advance(2851)
    assert.equal(asked(36), 1)
    const second = await pool.exclusive(target, command(), clock.now + 1000)
    assert.equal(second, first)
    assert.equal(asked(36), 2)
    assert.equal(brokers.dialled.length, 1)
    pool.giveBack(target, first)
  })

  test('of an idle connection that is not renewed opens another, which says why', async (t) => {
    const { pool, command, clock, refuse, asked } = bed(t, 3000)
    const first = await pool.exclusive(target, command(), clock.now + 1000)
    assert.ok(first !== undefined)
    pool.giveBack(target, first)
    await clock.advance(2851)
    refuse('gone')
    await assert.rejects(pool.exclusive(target, command(), clock.now + 1000), {
      code: 'KAFKA_SASL_FAILED',
      message: /gone/,
    })
    assert.equal(asked(36), 3)
    // its place is free again: there is but one
    await assert.rejects(pool.exclusive(target, command(), clock.now + 1000), {
      code: 'KAFKA_SASL_FAILED',
      message: /gone/,
    })
  })

  test('of an idle connection is renewed for nobody when its command ends meanwhile', async (t) => {
    const { pool, command, clock, onHandshake } = bed(t, 3000)
    const first = await pool.exclusive(target, command(), clock.now + 1000)
    assert.ok(first !== undefined)
    pool.giveBack(target, first)
    await clock.advance(2851)
    let held: FakeRequest | undefined
    onHandshake((given) => {
      held = given
      return 'hold'
    })
    const given = command()
    const waiting = pool.exclusive(target, given, clock.now + 1000)
    await turns()
    given.cancel(new KafkaError('KAFKA_ABORTED', 'the command was aborted'))
    await assert.rejects(waiting, { code: 'KAFKA_ABORTED' })
    held?.answer((writer) => {
      if (typeof handshake === 'function') handshake(writer)
    })
    await turns()
    assert.equal(await pool.exclusive(target, command(), clock.now + 1000), first)
    pool.giveBack(target, first)
  })
})
