import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  DEFAULT_USERS,
  type KafkaBroker,
  type KafkaHandle,
  openProducer,
  type ProducedRecord,
  type Producer,
  type PubSubClient,
  type Replicas,
  setFetchQuota,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { type CountingRelay, openCountingRelay } from './support/counting-relay.ts'
import { type KafkaRoute, kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const values = (messages: readonly { readonly value: Uint8Array }[]) =>
  messages.map(({ value }) => Buffer.from(value).toString())

/** What a broker that has just come back knows of a new topic. */
const unknown: Replicas = { leader: -1, replicas: [], inSync: [] }

/** API keys of the Kafka protocol. */
const FETCH = 1
const METADATA = 3

const records = (...texts: string[]): ProducedRecord[] => texts.map((value) => ({ value, partition: 0 }))

/** Three brokers in racks of their own; behind the SASL listeners are relays that count what each broker serves. */
describe('in a cluster whose leaders change', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let producer: Producer
  const relays = new Map<number, CountingRelay>()
  /** What all relays have passed on, in order. */
  const requests: { readonly brokerId: number; readonly apiKey: number }[] = []
  const clients: PubSubClient[] = []

  before(async () => {
    kafka = await startKafka({
      brokers: 3,
      listeners: ['PLAINTEXT', 'SASL_PLAINTEXT'],
      async advertise({ brokerId, name, port }) {
        if (name === 'PLAINTEXT') return `127.0.0.1:${port}`
        const relay = await openCountingRelay(port, (apiKey) => requests.push({ brokerId, apiKey }))
        relays.set(brokerId, relay)
        return relay.address
      },
      properties: (brokerId) => ({
        'broker.rack': `rack-${brokerId}`,
        'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
        // What was fetched in the last one to two seconds counts for a quota, instead of ten to eleven.
        'quota.window.num': '2',
      }),
    })
    gateway = await startGateway()
    producer = await openProducer(kafka.bootstrap.internal, { idempotent: true })
  })
  after(async () => {
    for (const client of clients) await client.close()
    await producer?.close()
    await gateway?.stop()
    await kafka?.stop()
    for (const relay of relays.values()) await relay.close()
  })

  const connect = async (id: string, brokers: string, options: Omit<KafkaRoute, 'uri'> = {}): Promise<PubSubClient> => {
    const route = kafkaRoute(brokers.split(','), { ...options, uri: `/${id}` })
    const client = await connectPubSub(await putRoute(gateway, id, route))
    clients.push(client)
    return client
  }
  /** Over the listener that is counted. */
  const connectCounted = (id: string, kafkaOptions: object): Promise<PubSubClient> =>
    connect(id, kafka.bootstrap.saslPlaintext ?? '', {
      kafka: kafkaOptions,
      plugins: { 'kafka-proxy': { sasl: { ...DEFAULT_USERS[0] } } },
    })
  /** Writes until it is acknowledged; brokers drop what they have already. */
  const write = async (topic: string, ...texts: string[]): Promise<void> => {
    const send = () =>
      producer.send(topic, records(...texts)).then(
        () => 'written',
        (error: unknown) => error,
      )
    await waitFor('records to be written', send, (done) => done === 'written')
  }
  /** With a producer of its own: a log that was cut does not go on from the numbers of one that wrote what is gone. */
  const writeAnew = async (topic: string, ...texts: string[]): Promise<void> => {
    const own = await openProducer(kafka.bootstrap.internal)
    await own.send(topic, records(...texts))
    await own.close()
  }
  const brokerOf = (id: number | undefined): KafkaBroker => {
    const broker = kafka.brokers.find((each) => each.id === id)
    assert.ok(broker)
    return broker
  }
  const until = (what: string, topic: string, isIt: (now: Replicas) => boolean): Promise<Replicas> =>
    waitFor(what, () => kafka.replicas(topic, 0).catch(() => unknown), isIt)
  /** Has another broker lead the partition; gives the one that did. */
  const moveLeader = async (topic: string): Promise<number> => {
    const { leader, replicas } = await until('a leader', topic, (now) => now.leader > 0)
    await kafka.reassign(
      topic,
      0,
      replicas.filter((id) => id !== leader),
    )
    await until('another leader', topic, (now) => now.leader > 0 && now.leader !== leader)
    return leader
  }

  it('a client that reads, waits or asks for offsets does not notice that the leader moved', async () => {
    const topic = 'moving'
    await kafka.createTopic(topic, { replicationFactor: 3 })
    await write(topic, 'a', 'b')
    const client = await connect('moving', plaintext(kafka))
    assert.deepEqual(values(await client.fetch(topic, 0, 0n)), ['a', 'b'])
    const waiting = client.fetch(topic, 0, 2n, { max_wait_ms: 20_000 })
    const before = await moveLeader(topic)
    await write(topic, 'c')
    assert.deepEqual(values(await waiting), ['c'])
    assert.deepEqual(values(await client.fetch(topic, 0, 0n)), ['a', 'b', 'c'])
    assert.notEqual(await moveLeader(topic), before)
    assert.equal(await client.listOffset(topic, 0, -1n), 3n)
    assert.deepEqual(values(await client.fetch(topic, 0, 2n)), ['c'])
  })

  it('a fetch follows the hint of the broker that led before, without a look at the metadata', async () => {
    const topic = 'hinted'
    await kafka.createTopic(topic, { replicationFactor: 3 })
    await write(topic, 'a', 'b')
    const client = await connectCounted('hinted', {})
    assert.deepEqual(values(await client.fetch(topic, 0, 0n)), ['a', 'b'])
    await moveLeader(topic)
    const { leader } = await kafka.replicas(topic, 0)
    const before = requests.length
    const isFetchFromIt = ({ brokerId, apiKey }: { brokerId: number; apiKey: number }) =>
      brokerId === leader && apiKey === FETCH
    const got = await waitFor(
      'a fetch from the new leader',
      async () => values(await client.fetch(topic, 0, 0n)),
      () => requests.slice(before).some(isFetchFromIt),
    )
    assert.deepEqual(got, ['a', 'b'])
    // The new leader may not know yet that it leads; then the metadata is looked at, but after it was asked.
    const since = requests.slice(before)
    const untilIt = since.slice(0, since.findIndex(isFetchFromIt))
    assert.ok(!untilIt.some(({ apiKey }) => apiKey === METADATA), 'KIP-951: nobody was asked for the leader')
  })

  it('a client that goes on in a topic that was made anew is told so, once', async () => {
    const topic = 'made-anew'
    const client = await connect('made-anew', plaintext(kafka))
    const other = await connectPubSub(`${gateway.socketUrl}/made-anew`)
    clients.push(other)
    await kafka.createTopic(topic, { replicationFactor: 3 })
    await write(topic, 'old-0', 'old-1')
    assert.deepEqual(values(await client.fetch(topic, 0, 0n)), ['old-0', 'old-1'])
    await kafka.deleteTopic(topic)
    await waitFor(
      'the topic to be gone',
      () => kafka.topics(),
      (topics) => !topics.includes(topic),
    )
    await kafka.createTopic(topic, { replicationFactor: 3 })
    await write(topic, 'new-0', 'new-1', 'new-2')
    const fetch = { cmd_kafka_fetch: { topic, partition: 0, offset: 2n } }
    const told = await client.request(fetch)
    assert.equal(told.error_resp?.code, 133)
    assert.match(told.error_resp?.message ?? '', /err: topic made-anew was deleted and created again/)
    assert.deepEqual(values(await client.fetch(topic, 0, 2n)), ['new-2'])
    assert.deepEqual(
      values(await other.fetch(topic, 0, 2n)),
      ['new-2'],
      'a client that read nothing before is not told',
    )
  })

  it('a client behind whose back the log was cut is told once, and from where on', async () => {
    const topic = 'cut'
    await kafka.createTopic(topic, {
      replicationFactor: 3,
      config: { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' },
    })
    await moveLeader(topic)
    const [first, second] = await until('two replicas in sync', topic, (now) => now.inSync.length === 2).then((now) => [
      brokerOf(now.leader),
      brokerOf(now.replicas.find((id) => id !== now.leader)),
    ])
    assert.ok(first && second)
    const client = await connect('cut', plaintext(kafka))
    await writeAnew(topic, 'kept-0', 'kept-1', 'kept-2')
    assert.equal((await client.fetch(topic, 0, 0n)).length, 3)

    await second.kill()
    await until('one replica in sync', topic, (now) => now.inSync.length === 1)
    const lost = [`lost-3 ${'x'.repeat(40_000)}`, 'lost-4']
    await writeAnew(topic, ...lost)
    assert.deepEqual(values(await client.fetch(topic, 0, 3n)), lost)
    // Large enough, and read often enough, for the gateway to have kept it.
    const hits = () => gateway.metric('sluice_kafka_cache_reads_total{result="hit"}')
    const hitsBefore = await hits()
    for (let n = 0; n < 3; n++) {
      const other = await connect('cut', plaintext(kafka))
      assert.deepEqual(values(await other.fetch(topic, 0, 3n)), lost)
    }
    assert.equal(await hits(), hitsBefore + 1)
    await first.kill()
    await second.restart()
    await until('an unclean leader', topic, (now) => now.leader === second.id)
    await writeAnew(topic, 'other-3')

    const fresh = await connect('cut', plaintext(kafka))
    assert.deepEqual(values(await fresh.fetch(topic, 0, 3n)), ['other-3'])
    const told = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 5n } })
    assert.equal(told.error_resp?.code, 132, told.error_resp?.message)
    assert.match(told.error_resp?.message ?? '', /err: the log was cut back .* offsets 3 to 4 .* fetch from offset 3 /)
    assert.deepEqual([told.error_resp?.bad_offset, told.error_resp?.next_offset], [3n, 3n])
    assert.deepEqual(values(await client.fetch(topic, 0, 3n)), ['other-3'])
    const beyond = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 5n } })
    assert.deepEqual(
      [beyond.error_resp?.code, beyond.error_resp?.log_start_offset, beyond.error_resp?.high_watermark],
      [1001, 0n, 4n],
    )
    await first.restart()
  })

  it('an offset whose records were deleted is answered with those that the log has', async () => {
    const topic = 'deleted'
    await kafka.createTopic(topic, { replicationFactor: 3 })
    await write(topic, 'a', 'b', 'c', 'd')
    await kafka.deleteRecordsBefore(topic, 0, 3n)
    const client = await connect('deleted', plaintext(kafka))
    const { error_resp } = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 1n } })
    assert.deepEqual([error_resp?.code, error_resp?.log_start_offset, error_resp?.high_watermark], [1001, 3n, 4n])
    assert.deepEqual(values(await client.fetch(topic, 0, error_resp?.log_start_offset ?? -1n)), ['d'])
    assert.equal(await client.listOffset(topic, 0, -2n), 3n)
  })

  it('a route with a rack is served by the replica there, and by the leader when that is gone', async () => {
    const topic = 'racks'
    await kafka.createTopic(topic, { replicationFactor: 3 })
    const { leader, inSync } = await until('three replicas in sync', topic, (now) => now.inSync.length === 3)
    const near = inSync.find((id) => id !== leader) ?? 0
    const texts = Array.from({ length: 50 }, (_, n) => `${n}-${'x'.repeat(4096)}`)
    await write(topic, ...texts)
    const size = texts.join('').length
    const served = () => new Map([...relays].map(([id, { bytesFromBroker }]) => [id, bytesFromBroker]))
    const servedSince = (start: Map<number, number>, id: number) => (served().get(id) ?? 0) - (start.get(id) ?? 0)
    const readAll = (client: PubSubClient) =>
      waitFor(
        'all records',
        async () => values(await client.fetch(topic, 0, 0n)),
        (got) => got.length === texts.length,
      )

    const plain = await connectCounted('no-rack', {})
    let start = served()
    assert.deepEqual(await readAll(plain), texts)
    assert.ok(servedSince(start, leader) > size, 'without a rack the leader serves')
    assert.ok(servedSince(start, near) < size)

    const client = await connectCounted('rack', { rack: `rack-${near}` })
    start = served()
    assert.deepEqual(await readAll(client), texts)
    assert.deepEqual(await readAll(client), texts)
    assert.ok(servedSince(start, near) > 2 * size, 'the replica in the rack serves')
    assert.ok(servedSince(start, leader) < size, 'the leader only says which replica')

    await brokerOf(near).stop()
    start = served()
    assert.deepEqual(await readAll(client), texts)
    assert.ok(servedSince(start, leader) > size, 'the leader serves again')
    await brokerOf(near).restart()
    await until('three replicas in sync', topic, (now) => now.inSync.length === 3)
  })

  it('a quota is kept to: nothing is lost, and the brokers are not asked over and over', async (t) => {
    const topic = 'quota'
    const bytesPerSecond = 200_000
    const texts = Array.from({ length: 12 }, (_, n) => `${n}-${'q'.repeat(80_000)}`)
    await kafka.createTopic(topic, { replicationFactor: 3 })
    for (const text of texts) await write(topic, text)
    const [broker = ''] = kafka.bootstrap.internal.split(',')
    const limitFetching = (bytes: number | undefined) => setFetchQuota(broker, 'sluice', bytes)
    // What is kept is given without the broker, so that it might never come to its quota.
    const client = await connectCounted('quota', { fetch_max_bytes: 90_000, cache_bytes: 0 })
    const hurried = await connectCounted('hurried', { command_timeout_ms: 1000 })
    await waitFor(
      'a connection',
      () => hurried.listOffset(topic, 0, -1n).catch(() => -1n),
      (end) => end === BigInt(texts.length),
    )
    await limitFetching(bytesPerSecond)
    try {
      const timeOf = async (work: Promise<unknown>): Promise<number> => {
        const start = performance.now()
        await work
        return performance.now() - start
      }
      await waitFor(
        'the brokers to keep to the quota',
        () => timeOf(client.fetch(topic, 0, 0n)),
        (ms) => ms > 200,
      )
      const requests = () => [...relays.values()].reduce((sum, relay) => sum + relay.requests.length, 0)
      const [asked, began] = [requests(), performance.now()]
      const got: string[] = []
      while (got.length < texts.length) got.push(...values(await client.fetch(topic, 0, BigInt(got.length))))
      const seconds = (performance.now() - began) / 1000
      assert.deepEqual(got, texts)
      // The broker lets through what fits into its window of two seconds before it holds back.
      const least = (texts.join('').length - 2 * bytesPerSecond - 90_000) / bytesPerSecond
      assert.ok(seconds > least, `${seconds} s for what takes at least ${least} s`)
      const count = requests() - asked
      t.diagnostic(`${count} requests for ${texts.length} records in ${seconds.toFixed(1)} s`)
      assert.ok(count <= 10 * texts.length, `${count} requests for ${texts.length} records`)

      await client.fetch(topic, 0, 0n)
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => hurried.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })),
      )
      const late = answers.flatMap(({ error_resp }) => error_resp ?? [])
      assert.ok(late.every(({ code }) => code === 120))
      assert.ok(late.some(({ message }) => /no answer within \d+ ms, .* which throttles this client/.test(message)))
    } finally {
      await limitFetching(undefined)
    }
  })
})

describe('a cluster that comes back at other addresses', () => {
  it('is found through the nodes of the route', async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-moved-'))
    t.after(() => rm(dataDir, { recursive: true, force: true }))
    const port = (kafka: KafkaHandle) => Number(plaintext(kafka).split(':')[1])
    const topic = 'moved'
    const before = await startKafka({ dataDir })
    t.after(() => before.stop())
    const node = await openCountingRelay(port(before))
    t.after(() => node.close())
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    await before.createTopic(topic)
    await (await before.producer()).send(topic, records('before'))
    const client = await connectPubSub(await putRoute(gateway, 'moved', kafkaRoute([node.address])))
    t.after(() => client.close())
    assert.deepEqual(values(await client.fetch(topic, 0, 0n)), ['before'])
    await before.stop()

    const waiting = client.fetch(topic, 0, 0n)
    const now = await startKafka({ dataDir })
    t.after(() => now.stop())
    assert.notEqual(port(now), port(before))
    node.redirect(port(now))
    assert.deepEqual(values(await waiting), ['before'])
    await (await now.producer()).send(topic, records('after'))
    assert.deepEqual(values(await client.fetch(topic, 0, 1n)), ['after'])
  })
})
