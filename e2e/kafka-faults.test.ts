import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectPubSub, startGateway, startKafka } from '@sluice/harness'
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
})
