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
const PARTITIONS = 64
/** A Fetch request that names a single partition is longer. */
const NAMES_NONE_BYTES = 75
const [user] = DEFAULT_USERS
assert.ok(user)

interface Fetch {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly max_wait_ms?: number
}

const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/** One broker that asks who may read; in front of its SASL listener is a relay that sees what the gateway asks. */
describe('clients that wait for many partitions', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let producer: Producer
  let relay: CountingRelay
  let clients: readonly PubSubClient[] = []

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
    const route = kafkaRoute((kafka.bootstrap.saslPlaintext ?? '').split(','), {
      uri: '/sessions',
      plugins: { 'kafka-proxy': { sasl: { ...user } } },
    })
    const url = await putRoute(gateway, 'sessions', route)
    clients = await Promise.all(partitions.map(() => connectPubSub(url)))
  })
  after(async () => {
    for (const client of clients) client.terminate()
    await producer?.close()
    await gateway?.stop()
    await kafka?.stop()
    await relay?.close()
  })

  /** Each partition has a client of its own. */
  const fetch = async (command: Fetch): Promise<PubSubResponse> => {
    const client = clients[command.partition]
    assert.ok(client)
    return client.request({ cmd_kafka_fetch: command })
  }
  const createTopic = async (topic: string): Promise<void> => {
    await kafka.createTopic(topic, { partitions: PARTITIONS })
    await kafka.allowReading(topic, user.username)
    // The broker itself needs a moment.
    await waitFor(
      'the broker to let the clients read',
      () => fetch({ topic, partition: 0, offset: 0n }),
      ({ error_resp }) => error_resp === undefined,
    )
  }
  const wait = (topic: string, partition: number, offset = 0n): Promise<PubSubResponse> =>
    fetch({ topic, partition, offset, max_wait_ms: 20_000 })
  const textOf = ({ error_resp, kafka_fetch_resp }: PubSubResponse): string => {
    assert.equal(error_resp?.message, undefined)
    const values = (kafka_fetch_resp?.messages ?? []).map(({ value }) => Buffer.from(value ?? []).toString())
    return values.join(' ')
  }
  /** Requests that name no partition, which only a session has. */
  const inSession = (): number =>
    relay.requests.filter((apiKey, index) => apiKey === FETCH && (relay.requestBytes[index] ?? 0) < NAMES_NONE_BYTES)
      .length
  const waitForSession = async (): Promise<void> => {
    const before = inSession()
    await waitFor(
      'a request that names no partition',
      async () => inSession(),
      (now) => now > before,
    )
  }

  it('are held by requests that name none of them, and get each record once and in order', async (t) => {
    await createTopic('many')
    const waiting = partitions.map((partition) => wait('many', partition))
    const offsets = partitions.map(() => 0n)
    await waitForSession()
    const records = count(500, 5000)
    for (let record = 0; record < records; record++) {
      const partition = (record * 37) % PARTITIONS
      await producer.send('many', [{ value: `record-${record}`, partition }])
      const answer = await waiting[partition]
      assert.ok(answer)
      assert.equal(textOf(answer), `record-${record}`)
      const next = (offsets[partition] ?? 0n) + 1n
      offsets[partition] = next
      waiting[partition] = wait('many', partition, next)
    }
    t.diagnostic(`${inSession()} of ${relay.requests.filter((key) => key === FETCH).length} requests named nothing`)
    await producer.send(
      'many',
      partitions.map((partition) => ({ value: `last-${partition}`, partition })),
    )
    for (const [partition, answer] of waiting.entries()) assert.equal(textOf(await answer), `last-${partition}`)
  })

  it('are told when they may no longer read', async () => {
    await createTopic('revoked')
    const waiting = partitions.map((partition) => wait('revoked', partition))
    await waitForSession()
    await kafka.forbidReading('revoked', user.username)
    for (const answer of waiting) assert.match((await answer).error_resp?.message ?? '', /TOPIC_AUTHORIZATION_FAILED/)
  })

  it('are told when the topic is gone', async () => {
    await createTopic('deleted')
    const waiting = partitions.map((partition) => wait('deleted', partition))
    await waitForSession()
    await kafka.deleteTopic('deleted')
    for (const answer of waiting) assert.match((await answer).error_resp?.message ?? '', /UNKNOWN_TOPIC|not found/)
  })

  it('wait on after the broker has closed its connections', async () => {
    await createTopic('cut')
    const waiting = partitions.map((partition) => wait('cut', partition))
    await waitForSession()
    relay.breakAll()
    await waitForSession()
    await producer.send(
      'cut',
      partitions.map((partition) => ({ value: `after-${partition}`, partition })),
    )
    for (const [partition, answer] of waiting.entries()) assert.equal(textOf(await answer), `after-${partition}`)
  })
})
