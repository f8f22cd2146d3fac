import assert from 'node:assert/strict'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connectPubSub, startGateway, startKafka } from '@sluice/testkit'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

describe('brokers that fail', () => {
  it('cost no message when the leader of the partition is killed under a client', async (t) => {
    const kafka = await startKafka({ brokers: 3, listeners: ['PLAINTEXT'] })
    t.after(() => kafka.stop())
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    const topic = 'moves'
    await kafka.createTopic(topic, { replicationFactor: 3 })
    const producer = await kafka.producer()
    const send = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) await producer.send(topic, [{ value: String(n), partition: 0 }])
    }
    const client = await connectPubSub(await putRoute(gateway, 'kafka', kafkaRoute(plaintext(kafka).split(','))))
    t.after(() => client.close())
    const seen: number[] = []
    const readUpTo = async (count: number): Promise<void> => {
      while (seen.length < count) {
        const messages = await client.fetch(topic, 0, BigInt(seen.length), { max_bytes: 512 })
        seen.push(...messages.map(({ value }) => Number(Buffer.from(value).toString())))
      }
    }
    await send(0, 60)
    await readUpTo(30)
    const leader = await kafka.leader(topic, 0)
    await kafka.brokers.find(({ id }) => id === leader)?.kill()
    await readUpTo(60)
    await send(60, 90)
    await readUpTo(90)
    assert.deepEqual(
      seen,
      Array.from({ length: 90 }, (_, n) => n),
    )
    assert.notEqual(await kafka.leader(topic, 0), leader)
  })

  it('that hand out a damaged batch: it is never delivered, and the error says how to go past it', async (t) => {
    const kafka = await startKafka({ listeners: ['PLAINTEXT'] })
    t.after(() => kafka.stop())
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    const topic = 'damaged'
    await kafka.createTopic(topic)
    const producer = await kafka.producer()
    for (const value of ['good-0', 'damage me', 'good-2']) await producer.send(topic, [{ value, partition: 0 }])
    const [broker] = kafka.brokers
    assert.ok(broker)
    await broker.stop()
    await changeByte(join(broker.dataDirectory, `${topic}-0`), 'damage me')
    await broker.restart()

    const client = await connectPubSub(await putRoute(gateway, 'kafka', kafkaRoute([plaintext(kafka)])))
    t.after(() => client.close())
    const values = async (offset: bigint) =>
      (await client.fetch(topic, 0, offset)).map(({ value }) => Buffer.from(value).toString())
    assert.deepEqual(await values(0n), ['good-0'], 'what stands before the damage is delivered')
    const { error_resp } = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 1n } })
    assert.equal(error_resp?.code, 130)
    assert.match(error_resp?.message ?? '', /offsets? 1\b.*CRC.*CmdKafkaFetch\.offset/s)
    assert.deepEqual(await values(2n), ['good-2'])
  })
})

/** Changes the first byte of a text in the log of a partition. */
async function changeByte(folder: string, text: string): Promise<void> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.log'))
  assert.ok(name)
  const file = await open(join(folder, name), 'r+')
  try {
    const at = (await file.readFile()).indexOf(text)
    assert.ok(at > 0)
    await file.write(Buffer.from('D'), 0, 1, at)
  } finally {
    await file.close()
  }
}
