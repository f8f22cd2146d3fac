import assert from 'node:assert/strict'
import { connectPubSub, type PubSubClient, type PubSubResponse, type TestGateway } from '@sluice/harness'
import { type KafkaRoute, kafkaRoute, putRoute } from './routes.ts'

/** What a route may have besides its path, which is `/` and its id. */
export type RouteOptions = Omit<KafkaRoute, 'uri'>

/** Reads the first message, `here`, of partition 0 of one topic over many routes. */
export interface Probe {
  /** Writes a route, one of its own by default, and opens a client on it. */
  connect(broker: string, options: RouteOptions, id?: string): Promise<PubSubClient>
  fetch(client: PubSubClient): Promise<PubSubResponse>
  /** As `connect` and `fetch`, with a client for this alone. */
  ask(broker: string, options: RouteOptions, id?: string): Promise<PubSubResponse>
  /** Asserts that an answer has the message. */
  reads(answer: PubSubResponse): void
  /** Asserts that an answer is this error of a fetch. */
  fails(answer: PubSubResponse, code: number, text: string): void
  /** Asserts that an answer is an error like this. */
  failsLike(answer: PubSubResponse, code: number, text: RegExp): void
}

export function createProbe(gateway: () => TestGateway, topic: string): Probe {
  let routes = 0
  const connect: Probe['connect'] = async (broker, options, id = `way-${routes++}`) =>
    connectPubSub(await putRoute(gateway(), id, kafkaRoute([broker], { ...options, uri: `/${id}` })))
  const fetch: Probe['fetch'] = (client) => client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })
  return {
    connect,
    fetch,
    async ask(broker, options, id) {
      const client = await connect(broker, options, id)
      const answer = await fetch(client)
      await client.close()
      return answer
    },
    reads(answer) {
      assert.equal(answer.error_resp?.message, undefined)
      assert.equal(Buffer.from(answer.kafka_fetch_resp?.messages[0]?.value ?? []).toString(), 'here')
    },
    fails(answer, code, text) {
      const message = `failed to fetch message, topic: ${topic}, partition: 0, err: ${text}`
      assert.deepEqual(answer.error_resp, { code, message })
    },
    failsLike({ error_resp: error }, code, text) {
      assert.match(error?.message ?? 'no error', text)
      assert.equal(error?.code, code)
    },
  }
}
