import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  DEFAULT_USERS,
  type KafkaHandle,
  type PubSubClient,
  readPem,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/testkit'
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
      kafka = await startKafka({ version, listeners: ['PLAINTEXT', 'SSL', 'SASL_SSL'] })
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

    it('tells what it answers to an offset that the log does not have', async () => {
      const answer = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 9999n } })
      assert.equal(answer.error_resp?.code, 1001)
      assert.match(answer.error_resp?.message ?? '', /err: OFFSET_OUT_OF_RANGE$/)
    })
  })
}
