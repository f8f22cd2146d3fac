import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  count,
  DEFAULT_USERS,
  type KafkaHandle,
  openProducer,
  type Producer,
  type PubSubClient,
  type PubSubResponse,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { type CountingRelay, openCountingRelay } from './support/counting-relay.ts'
import { kafkaRoute, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

/** API key of the Kafka protocol. */
const FETCH = 1
const [user] = DEFAULT_USERS
assert.ok(user)

const textsOf = ({ error_resp, kafka_fetch_resp }: PubSubResponse): string[] => {
  assert.equal(error_resp?.message, undefined)
  return (kafka_fetch_resp?.messages ?? []).map(({ value }) => Buffer.from(value ?? []).toString())
}

/** One broker that asks who may read; in front of its SASL listener is a relay that counts what the gateway asks. */
describe('many clients of one partition', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let producer: Producer
  let relay: CountingRelay
  const clients: PubSubClient[] = []

  before(async () => {
    kafka = await startKafka({
      listeners: ['PLAINTEXT', 'SASL_PLAINTEXT'],
      async advertise({ name, port }) {
        if (name === 'PLAINTEXT') return `127.0.0.1:${port}`
        relay = await openCountingRelay(port)
        return relay.address
      },
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    })
    gateway = await startGateway()
    producer = await openProducer(kafka.bootstrap.internal)
  })
  after(async () => {
    for (const client of clients) client.terminate()
    await producer?.close()
    await gateway?.stop()
    await kafka?.stop()
    await relay?.close()
  })

  const fetches = (): number => relay.requests.filter((apiKey) => apiKey === FETCH).length
  const write = (topic: string, ...texts: string[]): Promise<unknown> =>
    producer.send(
      topic,
      texts.map((value) => ({ value, partition: 0 })),
    )
  const createTopic = async (topic: string): Promise<void> => {
    await kafka.createTopic(topic)
    await kafka.allowReading(topic, user.username)
  }
  const createAnew = async (topic: string): Promise<void> => {
    await kafka.deleteTopic(topic)
    await waitFor(
      'the topic to be gone',
      () => kafka.topics(),
      (topics) => !topics.includes(topic),
    )
    await createTopic(topic)
  }
  const connect = async (id: string, amount: number, options: object = {}): Promise<readonly PubSubClient[]> => {
    const route = kafkaRoute((kafka.bootstrap.saslPlaintext ?? '').split(','), {
      uri: `/${id}`,
      kafka: options,
      plugins: { 'kafka-proxy': { sasl: { ...user } } },
    })
    const url = await putRoute(gateway, id, route)
    const opened = await Promise.all(Array.from({ length: amount }, () => connectPubSub(url)))
    clients.push(...opened)
    return opened
  }
  /** All ask at once, each with a sequence of its own, which its answer must have. */
  const askAll = (
    asked: readonly PubSubClient[],
    fetch: { topic: string; offset: bigint; max_wait_ms?: number; max_bytes?: number },
  ): Promise<readonly PubSubResponse[]> =>
    Promise.all(
      asked.map(async (client, index) => {
        const sequence = fetch.offset * 100_000n + BigInt(index) + 7n
        const answer = await client.request({ sequence, cmd_kafka_fetch: { partition: 0, ...fetch } })
        assert.equal(answer.sequence, sequence)
        return answer
      }),
    )

  it('that wait at its end cost a few requests for each new batch', async (t) => {
    await createTopic('tail')
    const waiting = await connect('tail', 100)
    await askAll(waiting, { topic: 'tail', offset: 0n })
    const rounds = count(5, 20)
    let answering = 0
    const began = performance.now()
    const before = fetches()
    for (let round = 0; round < rounds; round++) {
      const asked = askAll(waiting, { topic: 'tail', offset: BigInt(round), max_wait_ms: 20_000 })
      // Their answers to this come after their wait has begun.
      await Promise.all(waiting.map((client) => client.ping(Buffer.from('begun'))))
      const start = fetches()
      await write('tail', `record-${round}`)
      for (const answer of await asked) assert.deepEqual(textsOf(answer), [`record-${round}`])
      answering += fetches() - start
    }
    // Each of the requests that wait is held for half a second.
    const idle = Math.ceil((performance.now() - began) / 500)
    const total = fetches() - before
    t.diagnostic(`${total} requests for ${rounds} batches to 100 clients, ${answering} of them while it was written`)
    assert.ok(total <= 6 * rounds + 4 * idle, `${total} requests`)
  })

  it('that read the same offset at once cost far fewer requests', async (t) => {
    await createTopic('same')
    await write('same', 'a', 'b', 'c')
    const reading = await connect('same', 64)
    await askAll(reading, { topic: 'same', offset: 0n })
    const before = fetches()
    for (const answer of await askAll(reading, { topic: 'same', offset: 1n }))
      assert.deepEqual(textsOf(answer), ['b', 'c'])
    const asked = fetches() - before
    t.diagnostic(`${asked} requests for 64 clients`)
    assert.ok(asked <= 16, `${asked} requests`)
  })

  it('get each what they asked for: limits and isolation levels are not mixed', async () => {
    await createTopic('apart')
    await write('apart', 'first'.repeat(400))
    await write('apart', 'second'.repeat(400))
    const transaction = await producer.transaction()
    await transaction.send('apart', [{ value: 'open', partition: 0 }])
    const dirty = await connect('dirty', 20)
    const clean = await connect('clean', 10, { isolation: 'read_committed' })
    const [few, all, committed] = await Promise.all([
      askAll(dirty.slice(0, 10), { topic: 'apart', offset: 0n, max_bytes: 100 }),
      askAll(dirty.slice(10), { topic: 'apart', offset: 0n }),
      askAll(clean, { topic: 'apart', offset: 0n }),
    ])
    for (const answer of few) assert.equal(textsOf(answer).length, 1)
    for (const answer of all) assert.equal(textsOf(answer).length, 3)
    for (const answer of committed) assert.equal(textsOf(answer).length, 2)
    await transaction.abort()
  })

  /** Reads until the gateway gives what it has kept, which each time the broker has confirmed. */
  const readFromCache = async (reading: readonly PubSubClient[], topic: string): Promise<void> => {
    const hits = () => gateway.metric('sluice_kafka_cache_reads_total{result="hit"}')
    const before = await hits()
    for (const client of reading) {
      const [text = ''] = textsOf(await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }))
      assert.equal(text, large)
    }
    assert.equal((await hits()) - before, reading.length - 2)
  }
  const large = 'large enough to be kept '.repeat(2000)

  it('that read the same one after the other are given what was kept, once the broker has confirmed it', async () => {
    await createTopic('again')
    await write('again', large, 'second')
    const reading = await connect('again', 8)
    await readFromCache(reading, 'again')
    assert.ok((await gateway.metric('sluice_kafka_cache_bytes')) >= large.length)
    await write('again', 'third')
    for (const client of reading) {
      const answer = await client.request({ cmd_kafka_fetch: { topic: 'again', partition: 0, offset: 2n } })
      assert.deepEqual(textsOf(answer), ['third'])
    }
  })

  it('are given nothing that was kept and is gone from the log', async () => {
    const topic = 'kept-and-deleted'
    await createTopic(topic)
    await write(topic, large, 'second')
    const reading = await connect(topic, 4)
    await readFromCache(reading, topic)
    await kafka.deleteRecordsBefore(topic, 0, 1n)
    for (const { error_resp } of await askAll(reading, { topic, offset: 0n }))
      assert.deepEqual([error_resp?.code, error_resp?.log_start_offset], [1001, 1n])
  })

  it('are given nothing that was kept of a topic that is another now', async () => {
    const topic = 'kept-and-recreated'
    await createTopic(topic)
    await write(topic, large)
    await readFromCache(await connect(topic, 4), topic)
    await createAnew(topic)
    await write(topic, `${large} and new`)
    const fresh = await connect(topic, 4)
    for (const client of fresh) {
      const answer = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })
      assert.deepEqual(textsOf(answer), [`${large} and new`])
    }
  })

  it('are given nothing that was kept once they may not read it', async () => {
    const topic = 'kept-and-revoked'
    await createTopic(topic)
    await write(topic, large)
    const reading = await connect(topic, 4)
    await readFromCache(reading, topic)
    await kafka.forbidReading(topic, user.username)
    const [first] = reading
    assert.ok(first)
    await waitFor(
      'the broker to refuse',
      () => first.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }),
      ({ error_resp }) => error_resp !== undefined,
    )
    for (const { error_resp } of await askAll(reading, { topic, offset: 0n }))
      assert.match(error_resp?.message ?? '', /TOPIC_AUTHORIZATION_FAILED/)
  })

  it('see with their next command that records were deleted, and that the topic is another', async () => {
    const topic = 'changing'
    await createTopic(topic)
    await write(topic, 'a', 'b', 'c')
    const reading = await connect(topic, 20)
    for (const answer of await askAll(reading, { topic, offset: 0n }))
      assert.deepEqual(textsOf(answer), ['a', 'b', 'c'])
    await kafka.deleteRecordsBefore(topic, 0, 2n)
    for (const { error_resp } of await askAll(reading, { topic, offset: 1n }))
      assert.deepEqual([error_resp?.code, error_resp?.log_start_offset], [1001, 2n])
    for (const answer of await askAll(reading, { topic, offset: 2n })) assert.deepEqual(textsOf(answer), ['c'])

    await createAnew(topic)
    await write(topic, 'new')
    const fresh = await Promise.all(reading.map(() => connectPubSub(`${gateway.socketUrl}/${topic}`)))
    clients.push(...fresh)
    for (const answer of await askAll(fresh, { topic, offset: 0n })) assert.deepEqual(textsOf(answer), ['new'])
  })

  it('see with their next command that they may no longer read', async () => {
    const topic = 'revoked'
    await createTopic(topic)
    await write(topic, 'secret')
    const reading = await connect(topic, 20)
    for (const answer of await askAll(reading, { topic, offset: 0n })) assert.deepEqual(textsOf(answer), ['secret'])
    await kafka.forbidReading(topic, user.username)
    const [first] = reading
    assert.ok(first)
    // The broker itself needs a moment.
    const fetch = { cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }
    await waitFor(
      'the broker to refuse',
      () => first.request(fetch),
      ({ error_resp }) => error_resp !== undefined,
    )
    for (const { error_resp } of await askAll(reading, { topic, offset: 0n }))
      assert.match(error_resp?.message ?? '', /TOPIC_AUTHORIZATION_FAILED/)
  })
})
