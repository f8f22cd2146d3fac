import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import {
  connectPubSub,
  DEFAULT_USERS,
  type KafkaHandle,
  type PubSubClient,
  readPem,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { openOldBroker } from './support/old-broker.ts'
import { kafkaRoute, listenerOf, plaintext, putRoute } from './support/routes.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const recordsPerBatch = 20

/** The last line of 3.x, and the newest that Maven has; the other tests run against the default version of the testkit. */
for (const version of ['3.9.2', '4.4.0']) {
  describe(`Kafka ${version}`, () => {
    const topic = 'versions'
    const start = 1_700_000_000_000n
    let kafka: KafkaHandle
    let gateway: TestGateway
    let client: PubSubClient
    let ca: string

    before(async () => {
      // The jars of another version are fetched the first time.
      const onProgress = (line: string) => void process.stderr.write(`${line}\n`)
      kafka = await startKafka({ version, listeners: ['PLAINTEXT', 'SSL', 'SASL_SSL'], onProgress })
      assert.ok(kafka.tls)
      ca = await readPem(kafka.tls.caFile)
      gateway = await startGateway()
      client = await connectPubSub(await putRoute(gateway, 'plain', kafkaRoute([plaintext(kafka)])))
      await kafka.createTopic(topic)
      const producer = await kafka.producer()
      for (const [index, compression] of codecs.entries()) {
        const records = Array.from({ length: recordsPerBatch }, (_, n) => {
          const at = index * recordsPerBatch + n
          return { key: `key-${at}`, value: `value-${at}`, partition: 0, timestamp: start + BigInt(at) }
        })
        await producer.send(topic, records, { compression })
      }
    })
    after(async () => {
      await client?.close()
      await gateway?.stop()
      await kafka?.stop()
    })

    const end = BigInt(codecs.length * recordsPerBatch)

    it('gives every record, in every codec', async () => {
      const messages = await client.fetch(topic, 0, 0n)
      assert.deepEqual(
        messages.map(({ offset, timestamp, key, value }) => [
          offset,
          timestamp,
          Buffer.from(key).toString(),
          Buffer.from(value).toString(),
        ]),
        Array.from({ length: Number(end) }, (_, n) => [BigInt(n), start + BigInt(n), `key-${n}`, `value-${n}`]),
      )
    })

    it('waits for a record', async () => {
      const waiting = client.fetch(topic, 0, end, { max_wait_ms: 20_000 })
      await (await kafka.producer()).send(topic, [{ value: 'late', partition: 0, timestamp: start + end }])
      assert.deepEqual(
        (await waiting).map(({ value }) => Buffer.from(value).toString()),
        ['late'],
      )
    })

    it('looks offsets up', async () => {
      const offsets = []
      for (const timestamp of [-2n, -1n, -3n, start + 37n, start + 10_000n])
        offsets.push(await client.listOffset(topic, 0, timestamp))
      assert.deepEqual(offsets, [0n, end + 1n, end, 37n, -1n])
    })

    it('passes over what a transaction aborted', async () => {
      const name = 'transactions'
      await kafka.createTopic(name)
      const producer = await kafka.producer()
      for (const how of ['abort', 'commit'] as const) {
        const transaction = await producer.transaction()
        await transaction.send(name, [{ value: how, partition: 0 }])
        await transaction[how]()
      }
      const route = kafkaRoute([plaintext(kafka)], { uri: '/committed', kafka: { isolation: 'read_committed' } })
      const committed = await connectPubSub(await putRoute(gateway, 'committed', route))
      const messages = await committed.fetch(name, 0, 0n)
      await committed.close()
      assert.deepEqual(
        messages.map(({ value }) => Buffer.from(value).toString()),
        ['commit'],
      )
    })

    const [user] = DEFAULT_USERS
    const ways = [
      ['TLS', 'ssl', undefined],
      ['TLS and SCRAM-SHA-256', 'saslSsl', 'SCRAM-SHA-256'],
      ['TLS and SCRAM-SHA-512', 'saslSsl', 'SCRAM-SHA-512'],
    ] as const
    for (const [index, [what, listener, mechanism]] of ways.entries()) {
      it(`is read over ${what}`, async () => {
        const sasl = mechanism === undefined ? {} : { sasl: { ...user, mechanism } }
        const route = kafkaRoute([listenerOf(kafka, listener)], {
          uri: `/way-${index}`,
          tls: { verify: true },
          plugins: { 'kafka-proxy': { ...sasl, tls: { ca } } },
        })
        const secure = await connectPubSub(await putRoute(gateway, `way-${index}`, route))
        const [first] = await secure.fetch(topic, 0, 0n)
        await secure.close()
        assert.equal(Buffer.from(first?.value ?? []).toString(), 'value-0')
      })
    }

    it('tells of an offset that was deleted, or never written, which ones there are', async () => {
      const name = 'deleted'
      await kafka.createTopic(name)
      await (await kafka.producer()).send(
        name,
        ['a', 'b', 'c'].map((value) => ({ value, partition: 0 })),
      )
      await kafka.deleteRecordsBefore(name, 0, 2n)
      for (const offset of [0n, 9999n]) {
        const { error_resp } = await client.request({ cmd_kafka_fetch: { topic: name, partition: 0, offset } })
        assert.deepEqual([error_resp?.code, error_resp?.log_start_offset, error_resp?.high_watermark], [1001, 2n, 3n])
        assert.match(error_resp?.message ?? '', /err: OFFSET_OUT_OF_RANGE$/)
      }
    })

    it('says that there is no such topic or partition', async () => {
      const ask = async (name: string, partition: number) =>
        (await client.request({ cmd_kafka_fetch: { topic: name, partition, offset: 0n } })).error_resp
      const unknown = await ask('nowhere', 0)
      assert.deepEqual([unknown?.code, /err: (.*)$/.exec(unknown?.message ?? '')?.[1]], [100, 'not found topic'])
      const outside = await ask(topic, 1)
      assert.deepEqual([outside?.code, /err: (.*)$/.exec(outside?.message ?? '')?.[1]], [101, 'not found partition'])
    })
  })
}

describe('a broker that is too old', () => {
  const tellsOf = async (t: TestContext, version: '0.9' | '0.10') => {
    const broker = await openOldBroker(version)
    t.after(() => broker.close())
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    const client = await connectPubSub(await putRoute(gateway, 'old', kafkaRoute([broker.address])))
    t.after(() => client.close())
    const { error_resp } = await client.request({ cmd_kafka_fetch: { topic: 'old', partition: 0, offset: 0n } })
    return { code: error_resp?.code, reason: /err: (.*)$/.exec(error_resp?.message ?? '')?.[1], broker: broker.address }
  }

  it('is told so by what it serves', async (t) => {
    const { code, reason, broker } = await tellsOf(t, '0.10')
    const why = 'serves Metadata v0 to v2, but v4 to v13 are spoken here: use another Kafka version'
    assert.deepEqual([code, reason], [118, `broker ${broker} ${why}`])
  })

  it('is thought of when it hangs up', async (t) => {
    const { code, reason, broker } = await tellsOf(t, '0.9')
    assert.equal(code, 114)
    assert.ok(reason?.startsWith(`broker ${broker} `), reason)
    assert.match(reason ?? '', /before answering ApiVersions: .* be older than Kafka 0\.10, or not be Kafka$/)
  })
})
