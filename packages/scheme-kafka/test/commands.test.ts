import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KafkaError } from '@sluice/kafka-wire'
import type { Call } from '@sluice/pubsub'
import { isSluiceError, type Metrics } from '@sluice/spi'
import type { FetchRequest, KafkaReader } from '../src/client.ts'
import { coreTimeoutMs, createCommands } from '../src/commands.ts'
import { apiErrors, connectionErrors } from '../src/errors.ts'

const options = {
  fetch_max_bytes: 1000,
  isolation: 'read_committed' as const,
  cache_bytes: 0,
  command_timeout_ms: 5000,
}

/** Metrics that keep their sums. */
function memoryMetrics() {
  const sums = new Map<string, number>()
  const metric = (name: string) => ({
    add: (value: number) => void sums.set(name, (sums.get(name) ?? 0) + value),
    observe: () => {},
  })
  const metrics: Metrics = { counter: metric, gauge: metric, histogram: metric }
  return { metrics, sums }
}

const call = (grant = Number.POSITIVE_INFINITY): Call => ({
  sequence: 1n,
  deadline: 100_000,
  signal: new AbortController().signal,
  onAbort: () => {},
  reserve: (bytes) => Math.min(bytes, grant),
})

const fetchCommand = { topic: 't', partition: 3, offset: 9n, max_bytes: 0, max_wait_ms: 0 }

function start(fail?: unknown) {
  const requests: FetchRequest[] = []
  const reader: KafkaReader = {
    fetch(request) {
      requests.push(request)
      if (fail !== undefined) return Promise.reject(fail)
      const position = {
        from: request.offset,
        offset: request.offset + 2n,
        leaderEpoch: 7,
        topicId: undefined,
        atEnd: false,
      }
      return Promise.resolve({ bytes: Buffer.from('body'), headroom: 48, recordCount: 2, position, release: () => {} })
    },
    listOffset: () => (fail === undefined ? Promise.resolve(2n ** 60n) : Promise.reject(fail)),
    close: () => Promise.resolve(),
  }
  const { metrics, sums } = memoryMetrics()
  const newSession = createCommands(reader, options, metrics)
  return { commands: newSession(), newSession, requests, sums }
}

describe('cmd_kafka_fetch', () => {
  it('hands on what the client and the route ask for, and the encoded messages back', async () => {
    const { commands, requests, sums } = start()
    const answer = await commands.cmd_kafka_fetch(fetchCommand, call())
    assert.ok('chunks' in answer)
    assert.deepEqual(
      [answer.name, answer.chunks, answer.byteLength, answer.headroom],
      ['kafka_fetch_resp', [Buffer.from('body')], 4, 48],
    )
    const { onAbort: _, asker: __, ...request } = requests[0] ?? assert.fail('no request')
    assert.deepEqual(request, {
      topic: 't',
      partition: 3,
      offset: 9n,
      maxBytes: 1000,
      maxWaitMs: 0,
      isolation: 'read_committed',
      after: undefined,
      deadline: 99_000,
    })
    assert.deepEqual(Object.fromEntries(sums), { kafka_records_total: 2, kafka_commands_in_flight: 0 })
  })

  it('queues behind the commands of its own session only', async () => {
    const { commands, newSession, requests } = start()
    await commands.cmd_kafka_fetch(fetchCommand, call())
    await commands.cmd_kafka_fetch({ ...fetchCommand, partition: 4 }, call())
    await newSession().cmd_kafka_fetch(fetchCommand, call())
    const [one, other, ofAnother] = requests.map(({ asker }) => asker)
    assert.ok(one !== undefined && one === other && one !== ofAnother)
  })

  it('goes on from where the last fetch of the partition ended, in this session only', async () => {
    const { commands, newSession, requests } = start()
    await commands.cmd_kafka_fetch(fetchCommand, call())
    await commands.cmd_kafka_fetch({ ...fetchCommand, offset: 11n }, call())
    await commands.cmd_kafka_fetch({ ...fetchCommand, partition: 4 }, call())
    await newSession().cmd_kafka_fetch({ ...fetchCommand, offset: 11n }, call())
    const after = { from: 9n, offset: 11n, leaderEpoch: 7, topicId: undefined, atEnd: false }
    assert.deepEqual(
      requests.map((request) => request.after),
      [undefined, after, undefined, undefined],
    )
  })

  const bounds: readonly [what: string, asked: number, grant: number, maxBytes: number][] = [
    ['the client below the route', 10, 5000, 10],
    ['the client above the route', 5000, 5000, 1000],
    ['a negative size', -1, 5000, 1000],
    ['a full output queue', 0, 64, 64],
  ]
  for (const [what, asked, grant, maxBytes] of bounds) {
    it(`reads at most ${maxBytes} bytes for ${what}`, async () => {
      const { commands, requests } = start()
      await commands.cmd_kafka_fetch({ ...fetchCommand, max_bytes: asked }, call(grant))
      assert.equal(requests[0]?.maxBytes, maxBytes)
    })
  }

  it('waits no longer than the command may take', async () => {
    const { commands, requests } = start()
    for (const max_wait_ms of [100, 60_000, -5])
      await commands.cmd_kafka_fetch({ ...fetchCommand, max_wait_ms }, call())
    assert.deepEqual(
      requests.map(({ maxWaitMs }) => maxWaitMs),
      [100, 4000, 0],
    )
    assert.equal(coreTimeoutMs(options), 6000)
  })
})

describe('failures', () => {
  const cases: readonly [what: string, cause: KafkaError, reply: number, err: string][] = [
    [
      'a topic that is not there',
      new KafkaError('KAFKA_TOPIC_NOT_FOUND', 'not found topic', { apiError: 'UNKNOWN_TOPIC_OR_PARTITION' }),
      100,
      'not found topic',
    ],
    [
      'an error code of the broker',
      new KafkaError('KAFKA_API_ERROR', 'OFFSET_OUT_OF_RANGE', { apiError: 'OFFSET_OUT_OF_RANGE' }),
      1001,
      'OFFSET_OUT_OF_RANGE',
    ],
    ['a code without a name', new KafkaError('KAFKA_API_ERROR', 'code 999', { apiError: 'NEW' }), 140, 'code 999'],
    ['a broker that is down', new KafkaError('KAFKA_CONNECT_FAILED', 'broker a:1 refused'), 111, 'broker a:1 refused'],
  ]
  for (const [what, cause, reply, err] of cases) {
    it(`answer ${what} in the words of APISIX`, async () => {
      const { commands, sums } = start(cause)
      const { cmd_kafka_fetch: fetch, cmd_kafka_list_offset: list } = commands
      for (const [action, ask] of [
        ['fetch message', () => fetch(fetchCommand, call())],
        ['list offset', () => list({ topic: 't', partition: 3, timestamp: -1n }, call())],
      ] as const) {
        await assert.rejects(Promise.resolve(ask()), (error) => {
          assert.ok(isSluiceError(error))
          assert.equal(error.message, `failed to ${action}, topic: t, partition: 3, err: ${err}`)
          assert.equal(error.place.reply, reply)
          assert.equal(error.cause, cause)
          return true
        })
      }
      assert.equal(sums.get('kafka_commands_in_flight'), 0)
    })
  }

  it('tell the offsets that help to go on', async () => {
    const offsets = { logStart: 3n, highWatermark: 9n, badFrom: 5n, next: 6n }
    const { commands } = start(new KafkaError('KAFKA_CORRUPT_BATCH', 'damaged', { offsets }))
    await assert.rejects(Promise.resolve(commands.cmd_kafka_fetch(fetchCommand, call())), {
      details: { log_start_offset: 3n, high_watermark: 9n, bad_offset: 5n, next_offset: 6n },
    })
  })

  const otherLogs = [
    new KafkaError('KAFKA_LOG_TRUNCATED', 'another log'),
    new KafkaError('KAFKA_TOPIC_RECREATED', 'another log'),
    new KafkaError('KAFKA_API_ERROR', 'OFFSET_OUT_OF_RANGE', { apiError: 'OFFSET_OUT_OF_RANGE' }),
  ]
  for (const otherLog of otherLogs) {
    it(`tell what may be another log once (${otherLog.apiError ?? otherLog.code})`, async () => {
      let fails = false
      const requests: FetchRequest[] = []
      const position = { from: 9n, offset: 11n, leaderEpoch: 7, topicId: undefined, atEnd: false }
      const answer = { bytes: Buffer.alloc(0), headroom: 0, recordCount: 2, position, release: () => {} }
      const reader: KafkaReader = {
        async fetch(request) {
          requests.push(request)
          if (fails && request.after !== undefined) throw otherLog
          return answer
        },
        listOffset: () => Promise.resolve(0n),
        close: () => Promise.resolve(),
      }
      const commands = createCommands(reader, options, memoryMetrics().metrics)()
      await commands.cmd_kafka_fetch(fetchCommand, call())
      fails = true
      await assert.rejects(Promise.resolve(commands.cmd_kafka_fetch({ ...fetchCommand, offset: 11n }, call())), {
        cause: otherLog,
      })
      await commands.cmd_kafka_fetch({ ...fetchCommand, offset: 11n }, call())
      assert.deepEqual(
        requests.map(({ after }) => after),
        [undefined, position, undefined],
      )
    })
  }

  it('have codes of their own', () => {
    const replies = [...Object.values(connectionErrors), ...apiErrors.values()].map(({ place }) => place.reply)
    assert.equal(new Set(replies).size, replies.length)
    assert.ok(replies.every((reply) => reply !== undefined && reply >= 100))
  })
})
