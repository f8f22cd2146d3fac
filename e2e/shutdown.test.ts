import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectPubSub, sharedKafka, startGateway } from '@sluice/harness'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

describe('SIGTERM', () => {
  it('answers what is in flight, closes WebSockets with 1001 and exits 0', async () => {
    const topic = `shutdown-${process.pid}`
    const kafka = await sharedKafka()
    const broker = plaintext(kafka)
    const producer = await kafka.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    const gateway = await startGateway()
    const client = await connectPubSub(await putRoute(gateway, 'kafka', kafkaRoute([broker])))
    const waiting = client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n, max_wait_ms: 20_000 } })
    await waitFor(
      'requests in flight',
      () => gateway.metric('sluice_kafka_commands_in_flight'),
      (open) => open === 1,
    )
    const exited = gateway.stop('SIGTERM')
    await waitFor('a refusal', () => refusesConnections(gateway.dataUrl), Boolean)
    await producer.send(topic, [{ value: 'in time', partition: 0 }])
    const { kafka_fetch_resp } = await waiting
    assert.deepEqual(
      kafka_fetch_resp?.messages.map(({ value }) => Buffer.from(value).toString()),
      ['in time'],
    )
    assert.deepEqual(await client.nextClose(), { code: 1001, reason: 'the gateway is shutting down: connect again' })
    assert.equal(await exited, 0)
  })
})

async function refusesConnections(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return false
  } catch {
    return true
  }
}
