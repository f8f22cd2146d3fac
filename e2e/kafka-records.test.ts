import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import {
  connectPubSub,
  type KafkaCluster,
  openProducer,
  type Producer,
  type PubSubClient,
  type ReadMessage,
  requireTool,
  setFirstOffset,
  sharedKafka,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

const run = promisify(execFile)

/** Every kind of record that Kafka keeps, read through the gateway. */
describe('records', () => {
  const prefix = `records-${process.pid}`
  let kafka: KafkaCluster
  let broker: string
  let gateway: TestGateway
  let producer: Producer
  let client: PubSubClient

  before(async () => {
    kafka = await sharedKafka()
    broker = plaintext(kafka)
    gateway = await startGateway()
    producer = await kafka.producer()
    client = await connectPubSub(await putRoute(gateway, 'records', kafkaRoute([broker])))
  })
  after(async () => {
    await client?.close()
    await gateway?.stop()
  })

  const createTopic = async (name: string, config: Record<string, string> = {}): Promise<string> => {
    const topic = `${prefix}-${name}`
    await kafka.createTopic(topic, { partitions: 1, config })
    return topic
  }
  const fetch = async (topic: string, offset: bigint, from = client): Promise<readonly ReadMessage[]> => {
    const answer = await from.request({ cmd_kafka_fetch: { topic, partition: 0, offset } })
    assert.equal(answer.error_resp, undefined)
    return answer.kafka_fetch_resp?.messages ?? []
  }
  const endOf = async (topic: string, from = client): Promise<bigint> => {
    const answer = await from.request({ cmd_kafka_list_offset: { topic, partition: 0, timestamp: -1n } })
    return answer.kafka_list_offset_resp?.offset ?? -1n
  }
  /** All messages of a topic, fetch by fetch; the next fetch starts after the last message. */
  const readAll = async (topic: string, from = client): Promise<readonly ReadMessage[]> => {
    const all: ReadMessage[] = []
    for (let next = 0n; ; ) {
      const messages = await fetch(topic, next, from)
      const last = messages.at(-1)
      if (last === undefined) return all
      all.push(...messages)
      next = last.offset + 1n
    }
  }
  const values = (messages: readonly ReadMessage[]) => messages.map(({ value }) => Buffer.from(value).toString())

  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

  it('of all codecs mixed in one topic', async () => {
    const topic = await createTopic('codecs')
    const expected: string[] = []
    for (let round = 0; round < 3; round++) {
      for (const compression of codecs) {
        const batch = Array.from({ length: 50 }, (_, n) => `${compression}-${round}-${n}-${'x'.repeat(n * 20)}`)
        expected.push(...batch)
        await producer.send(
          topic,
          batch.map((value) => ({ value, key: value.slice(0, 6), partition: 0 })),
          { compression },
        )
      }
    }
    const messages = await readAll(topic)
    assert.deepEqual(values(messages), expected)
    assert.deepEqual(
      messages.map(({ offset }) => offset),
      expected.map((_, n) => BigInt(n)),
    )
    for (const offset of [1n, 75n, 180n, 749n]) {
      assert.equal((await fetch(topic, offset))[0]?.offset, offset, 'a fetch inside a compressed batch begins there')
    }
  })

  it('with null and empty keys and values, and with headers', async () => {
    const topic = await createTopic('nulls')
    await producer.send(topic, [
      { key: null, value: null, partition: 0 },
      { key: '', value: '', partition: 0 },
      { key: 'k', value: null, partition: 0 },
      { key: null, value: 'v', partition: 0 },
      { key: 'k', value: 'v', partition: 0, headers: { trace: 'abc', empty: '' } },
    ])
    const messages = await readAll(topic)
    assert.deepEqual(
      messages.map(({ key, value }) => [Buffer.from(key).toString(), Buffer.from(value).toString()]),
      [
        ['', ''],
        ['', ''],
        ['k', ''],
        ['', 'v'],
        ['k', 'v'],
      ],
    )
  })

  it('in an answer of 10 MiB', async () => {
    const topic = await createTopic('large', { 'max.message.bytes': String(12 * 1024 * 1024) })
    const value = Buffer.alloc(10 * 1024 * 1024, Buffer.from('sluice-'))
    await producer.send(topic, [{ value, partition: 0 }])
    await producer.send(topic, [{ value: 'small', partition: 0 }])
    const [large] = await fetch(topic, 0n)
    assert.ok(Buffer.from(large?.value ?? []).equals(value))
    assert.deepEqual(values(await fetch(topic, 1n)), ['small'])
  })

  it('with timestamps beyond 2^53 and before 1970', async () => {
    const topic = await createTopic('timestamps', {
      'message.timestamp.before.max.ms': '9223372036854775807',
      'message.timestamp.after.max.ms': '9223372036854775807',
    })
    const timestamps = [0n, 1n, 2n ** 53n + 1n, 2n ** 62n + 3n]
    for (const timestamp of timestamps) await producer.send(topic, [{ value: 'x', partition: 0, timestamp }])
    assert.deepEqual(
      (await readAll(topic)).map(({ timestamp }) => timestamp),
      timestamps,
    )
    const { kafka_list_offset_resp } = await client.request({
      cmd_kafka_list_offset: { topic, partition: 0, timestamp: 2n ** 53n },
    })
    assert.deepEqual(kafka_list_offset_resp, { offset: 2n })
  })

  it('with offsets beyond 2^53', async (t) => {
    const own = await startKafka({ listeners: ['PLAINTEXT'] })
    t.after(() => own.stop())
    const topic = `${prefix}-offsets`
    const first = 2n ** 60n + 1n
    await own.createTopic(topic)
    await setFirstOffset(own, topic, 0, first)
    const ownProducer = await openProducer(own.bootstrap.internal)
    t.after(() => ownProducer.close())
    await ownProducer.send(topic, [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 0 },
    ])
    const far = await connectPubSub(await putRoute(gateway, 'far', kafkaRoute([plaintext(own)], { uri: '/far' })))
    t.after(() => far.close())
    assert.equal(await endOf(topic, far), first + 2n)
    assert.deepEqual(
      (await fetch(topic, first + 1n, far)).map(({ offset, value }) => [offset, Buffer.from(value).toString()]),
      [[first + 1n, 'b']],
    )
  })

  it('with the time of the broker where the topic says so', async () => {
    const topic = await createTopic('append-time', { 'message.timestamp.type': 'LogAppendTime' })
    const before = Date.now()
    await producer.send(topic, [
      { value: 'a', partition: 0, timestamp: 1n },
      { value: 'b', partition: 0, timestamp: 2n },
    ])
    for (const { timestamp } of await readAll(topic)) {
      assert.ok(Number(timestamp) >= before && Number(timestamp) <= Date.now(), String(timestamp))
    }
  })

  it('of transactions at both isolation levels', async () => {
    const topic = await createTopic('transactions')
    await producer.send(topic, [{ value: 'before', partition: 0 }])
    const aborted = await producer.transaction()
    await aborted.send(topic, [
      { value: 'aborted-1', partition: 0 },
      { value: 'aborted-2', partition: 0 },
    ])
    await aborted.abort()
    const transaction = await producer.transaction()
    await transaction.send(topic, [{ value: 'committed', partition: 0 }])
    await transaction.commit()
    await producer.send(topic, [{ value: 'after', partition: 0 }])
    const url = await putRoute(
      gateway,
      'committed',
      kafkaRoute([broker], { uri: '/committed', kafka: { isolation: 'read_committed' } }),
    )
    const committed = await connectPubSub(url)
    assert.deepEqual(values(await readAll(topic)), ['before', 'aborted-1', 'aborted-2', 'committed', 'after'])
    assert.deepEqual(values(await readAll(topic, committed)), ['before', 'committed', 'after'])
    assert.deepEqual(
      values(await fetch(topic, 1n, committed)).slice(0, 1),
      ['committed'],
      'a fetch among aborted records goes on to the next',
    )
    await committed.close()
  })

  it('below an open transaction only, where the route says read_committed', async () => {
    const topic = await createTopic('open')
    await producer.send(topic, [{ value: 'stable', partition: 0 }])
    const url = await putRoute(
      gateway,
      'stable',
      kafkaRoute([broker], { uri: '/stable', kafka: { isolation: 'read_committed' } }),
    )
    const committed = await connectPubSub(url)
    const transaction = await producer.transaction()
    await transaction.send(topic, [{ value: 'open', partition: 0 }])
    assert.deepEqual(values(await fetch(topic, 0n, committed)), ['stable'])
    assert.equal(await endOf(topic, committed), 1n)
    assert.deepEqual(values(await fetch(topic, 0n)), ['stable', 'open'])
    await transaction.abort()
    assert.deepEqual(values(await fetch(topic, 0n, committed)), ['stable'])
    await committed.close()
  })

  it('that kcat reads too, equal to the byte', async (t) => {
    const kcat = requireTool('kcat')
    if (kcat.skip !== false) return t.skip(kcat.skip)
    const topic = await createTopic('kcat')
    for (const compression of codecs) {
      const records = Array.from({ length: 40 }, (_, n) => ({
        key: `k${n % 3}`,
        value: `${compression} ${n}`,
        partition: 0,
      }))
      await producer.send(topic, records, { compression })
    }
    const format = '%o %T %k %s\\n'
    const { stdout } = await run(kcat.path, [
      '-C',
      '-q',
      '-b',
      broker,
      '-t',
      topic,
      '-p',
      '0',
      '-o',
      'beginning',
      '-e',
      '-f',
      format,
    ])
    const ours = (await readAll(topic)).map(
      ({ offset, timestamp, key, value }) => `${offset} ${timestamp} ${Buffer.from(key)} ${Buffer.from(value)}`,
    )
    assert.deepEqual(ours, stdout.trimEnd().split('\n'))
    assert.equal(ours.length, 200)
  })
})
