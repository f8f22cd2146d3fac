import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  encodeRequest,
  type KafkaCluster,
  type PubSubClient,
  type PubSubRequest,
  sharedKafka,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { nextAnswer, nextText } from './support/answers.ts'
import { jsonBody } from './support/json.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

/** The cases that APISIX's own tests replay, against a real broker and the real program. */
describe('the pub/sub protocol, as an APISIX client knows it', () => {
  const topic = `test-consumer-${process.pid}`
  let gateway: TestGateway
  let client: PubSubClient
  let kafka: KafkaCluster

  before(async () => {
    kafka = await sharedKafka()
    gateway = await startGateway()
    const producer = await kafka.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    // A millisecond apart: Kafka gives the first of several records that share the largest timestamp.
    const written = BigInt(Date.now())
    for (let n = 1; n <= 30; n++) {
      await producer.send(topic, [{ value: `testmsg${n}`, partition: 0, timestamp: written + BigInt(n) }])
    }
    client = await connectPubSub(await putRoute(gateway, 'kafka', kafkaRoute([plaintext(kafka)])))
  })
  after(async () => {
    await client?.close()
    await gateway?.stop()
  })

  const error = (code: number, message: string) => ({ error_resp: { code, message } })

  it('answers a plain HTTP request with 400 and how to connect', async () => {
    const response = await fetch(`${gateway.dataUrl}/kafka`)
    assert.equal(response.status, 400)
    const { error_msg } = await jsonBody(response)
    assert.match(
      String(error_msg),
      /this route speaks WebSocket: open a WebSocket on this path and send PubSubReq messages/,
    )
  })

  it('answers an unknown path with 404, also before a WebSocket is accepted', async () => {
    const response = await fetch(`${gateway.dataUrl}/nothing-here`)
    assert.equal(response.status, 404)
    assert.equal((await jsonBody(response)).error_msg, '404 Route Not Found')
    await assert.rejects(connectPubSub(`${gateway.socketUrl}/nothing-here`), /404/)
  })

  const offsets: readonly [what: string, timestamp: bigint, offset: bigint][] = [
    ['the first message', -2n, 0n],
    ['the end of the log', -1n, 30n],
    ['a time after all messages', 9999999999999n, -1n],
    ['a time before all messages', 1500000000000n, 0n],
    ['the largest timestamp', -3n, 29n],
  ]
  for (const [what, timestamp, offset] of offsets) {
    it(`lists the offset of ${what}`, async () => {
      const answer = await client.request({ cmd_kafka_list_offset: { topic, partition: 0, timestamp } })
      assert.deepEqual(answer.kafka_list_offset_resp, { offset })
    })
  }

  it('fetches exactly from the offset asked for', async () => {
    const { kafka_fetch_resp } = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 14n } })
    assert.ok(kafka_fetch_resp)
    const { messages } = kafka_fetch_resp
    assert.deepEqual(
      messages.map(({ offset, value }) => [offset, Buffer.from(value).toString()]),
      Array.from({ length: 16 }, (_, n) => [BigInt(14 + n), `testmsg${15 + n}`]),
    )
    const age = Date.now() - Number(messages[0]?.timestamp)
    assert.ok(age >= 0 && age < 3_600_000, 'the timestamp is that of the record')
  })

  it('answers a fetch at the end of the log with no messages', async () => {
    const answer = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 30n } })
    assert.deepEqual(answer.kafka_fetch_resp, { messages: [] })
  })

  const failures: readonly [what: string, command: PubSubRequest, code: number, text: string, offsets?: object][] = [
    [
      'a fetch beyond the log',
      { cmd_kafka_fetch: { topic, partition: 0, offset: 999n } },
      1001,
      `failed to fetch message, topic: ${topic}, partition: 0, err: OFFSET_OUT_OF_RANGE`,
      { log_start_offset: 0n, high_watermark: 30n },
    ],
    [
      'a fetch of an unknown topic',
      { cmd_kafka_fetch: { topic: 'not-exist', partition: 0, offset: 0n } },
      100,
      'failed to fetch message, topic: not-exist, partition: 0, err: not found topic',
    ],
    [
      'an offset of an unknown topic',
      { cmd_kafka_list_offset: { topic: 'not-exist', partition: 0, timestamp: -1n } },
      100,
      'failed to list offset, topic: not-exist, partition: 0, err: not found topic',
    ],
    [
      'a fetch of an unknown partition',
      { cmd_kafka_fetch: { topic, partition: 7, offset: 0n } },
      101,
      `failed to fetch message, topic: ${topic}, partition: 7, err: not found partition`,
    ],
    [
      'an offset of an unknown partition',
      { cmd_kafka_list_offset: { topic, partition: -1, timestamp: -1n } },
      101,
      `failed to list offset, topic: ${topic}, partition: -1, err: not found partition`,
    ],
    [
      'a topic whose name Kafka does not allow',
      { cmd_kafka_fetch: { topic: 'no spaces', partition: 0, offset: 0n } },
      1017,
      'failed to fetch message, topic: no spaces, partition: 0, err: INVALID_TOPIC_EXCEPTION',
    ],
    ['a command that no scheme has', { cmd_empty: {} }, 3, 'unknown command'],
    ['a message without a command', {}, 2, 'empty command'],
  ]
  for (const [what, command, code, text, offsets] of failures) {
    it(`answers ${what} with an error and keeps the socket`, async () => {
      const { sequence: _, ...answer } = await client.request(command)
      assert.deepEqual(answer, { error_resp: { code, message: text, ...offsets } })
      const { pong_resp } = await client.request({ cmd_ping: { state: Buffer.from('still here') } })
      assert.equal(Buffer.from(pong_resp?.state ?? []).toString(), 'still here')
    })
  }

  it('never makes a topic of a name that a client asks for', async () => {
    await client.request({ cmd_kafka_fetch: { topic: 'never-made', partition: 0, offset: 0n } })
    assert.ok(!(await kafka.topics()).includes('never-made'))
  })

  it('answers a frame that is no command with sequence 0', async () => {
    client.sendRaw(Buffer.from([0xff, 0xff]))
    assert.deepEqual(await nextAnswer(client), { sequence: 0n, ...error(1, 'wrong command') })
  })

  it('answers a zero-byte frame', async () => {
    client.sendRaw(Buffer.alloc(0))
    assert.deepEqual(await nextAnswer(client), { sequence: 0n, ...error(2, 'empty command') })
  })

  it('takes the last of two commands in one frame', async () => {
    const twice = [
      encodeRequest({ sequence: 5n, cmd_kafka_list_offset: { topic, partition: 0, timestamp: -1n } }),
      encodeRequest({ cmd_kafka_fetch: { topic, partition: 0, offset: 29n } }),
    ]
    client.sendRaw(Buffer.concat(twice))
    const { sequence, kafka_fetch_resp } = await nextAnswer(client)
    assert.equal(sequence, 5n)
    assert.deepEqual(
      kafka_fetch_resp?.messages.map(({ offset }) => offset),
      [29n],
    )
  })

  it('echoes any sequence, twice the same too', async () => {
    const sequences = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 5n, 5n]
    for (const sequence of sequences) client.sendRaw(encodeRequest({ sequence, cmd_ping: { state: Buffer.from('x') } }))
    for (const sequence of sequences) assert.equal((await nextAnswer(client)).sequence, sequence)
  })

  it('answers concurrent commands in the order received', async () => {
    const commands = Array.from({ length: 48 }, (_, n) =>
      n % 3 === 0
        ? { cmd_kafka_fetch: { topic, partition: 0, offset: BigInt(n % 30) } }
        : n % 3 === 1
          ? { cmd_kafka_list_offset: { topic, partition: 0, timestamp: -1n } }
          : { cmd_ping: { state: Buffer.from(String(n)) } },
    )
    for (const [n, command] of commands.entries())
      client.sendRaw(encodeRequest({ sequence: BigInt(n + 1), ...command }))
    for (let n = 1; n <= commands.length; n++) {
      const answer = await nextAnswer(client)
      assert.equal(answer.sequence, BigInt(n))
      assert.equal(answer.error_resp, undefined)
    }
  })

  it('speaks JSON to a client that sends text frames', async () => {
    client.sendRaw(`{"sequence":"1","cmd_kafka_fetch":{"topic":"${topic}","partition":0,"offset":"29"}}`)
    const fetched = JSON.parse(await nextText(client))
    assert.equal(fetched.kafka_fetch_resp.messages[0].offset, '29')
    assert.equal(Buffer.from(fetched.kafka_fetch_resp.messages[0].value, 'base64').toString(), 'testmsg30')
    client.sendRaw('what do I send?')
    const { error_resp } = JSON.parse(await nextText(client))
    assert.equal(error_resp.code, 4)
    assert.match(error_resp.message, /a command looks like this: \{"sequence":"1","cmd_kafka_fetch"/)
  })

  it('closes with 1009 a client that sends more than 64 KiB in a message', async () => {
    const loud = await connectPubSub(`${gateway.socketUrl}/kafka`)
    loud.sendRaw(Buffer.alloc(64 * 1024 + 1))
    assert.equal((await loud.nextClose()).code, 1009)
  })

  it('waits at the end of the log where the client asks for it, and is overtaken meanwhile', async () => {
    const waiting = client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 30n, max_wait_ms: 20_000 } })
    const { pong_resp } = await client.request({ cmd_ping: { state: Buffer.from('meanwhile') } })
    assert.ok(pong_resp, 'later commands pass the one that waits')
    const producer = await kafka.producer()
    await producer.send(topic, [{ value: 'testmsg31', partition: 0 }])
    const { kafka_fetch_resp } = await waiting
    assert.deepEqual(
      kafka_fetch_resp?.messages.map(({ offset, value }) => [offset, Buffer.from(value).toString()]),
      [[30n, 'testmsg31']],
    )
  })

  it('cuts an answer to what the client asks for, down to one whole batch', async () => {
    const { kafka_fetch_resp } = await client.request({
      cmd_kafka_fetch: { topic, partition: 0, offset: 3n, max_bytes: 1 },
    })
    assert.deepEqual(
      kafka_fetch_resp?.messages.map(({ offset }) => offset),
      [3n],
    )
  })
})
