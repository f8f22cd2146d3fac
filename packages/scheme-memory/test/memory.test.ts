import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ContractSocket, connectPubSub, type InProcessGateway, openSocket, startInProcess } from '@sluice/testkit'
import memory from '../src/index.ts'

describe('the scheme memory', () => {
  let gateway: InProcessGateway

  before(async () => {
    gateway = await startInProcess({ schemes: [memory], limits: { outputQueueBytes: 2000 } })
    const put = (id: string, node: string, options: object) =>
      gateway.put(`/routes/${id}`, {
        uri: `/${id}`,
        upstream: { scheme: 'memory', type: 'none', nodes: { [node]: 1 }, memory: { ...options } },
      })
    put('seeded', 'seeded:1', { topics: { orders: ['one', 'two'] } })
    put('small', 'small:1', { max_records: 3, partitions: 2 })
    put('large', 'large:1', {})
  })
  after(() => gateway.close())

  const open = (id: string) => openSocket(`${gateway.socketUrl}/${id}`)
  const next = async (socket: ContractSocket): Promise<Record<string, unknown>> => {
    const answer = await socket.next()
    assert.ok('text' in answer)
    return JSON.parse(answer.text)
  }
  const ask = (socket: ContractSocket, command: object, sequence = '1') => {
    socket.send(JSON.stringify({ sequence, ...command }))
    return next(socket)
  }
  const publish = (socket: ContractSocket, topic: string, value: string, partition = 0) =>
    ask(socket, { cmd_memory_publish: { topic, partition, value: Buffer.from(value).toString('base64') } })
  const valuesOf = (answer: Record<string, unknown>): string[] => {
    const messages: unknown = Reflect.get(Object(answer.kafka_fetch_resp), 'messages')
    assert.ok(Array.isArray(messages), JSON.stringify(answer))
    return messages.map(({ value }) => Buffer.from(value, 'base64').toString())
  }

  it('has what it was given and what was published, also when its clients have gone', async () => {
    const first = await open('seeded')
    assert.deepEqual(await publish(first, 'orders', 'three'), { sequence: '1', memory_publish_resp: { offset: '2' } })
    await first.close()
    const second = await open('seeded')
    const fetched = await ask(second, { cmd_kafka_fetch: { topic: 'orders', offset: '1' } })
    assert.deepEqual(valuesOf(fetched), ['two', 'three'])
    await second.close()
  })

  it('keeps the newest records, and tells where they are', async () => {
    const socket = await open('small')
    for (const value of ['a', 'b', 'c', 'd']) await publish(socket, 'log', value, 1)
    const offset = async (timestamp: string) => {
      const answer = await ask(socket, { cmd_kafka_list_offset: { topic: 'log', partition: 1, timestamp } })
      return Reflect.get(Object(answer.kafka_list_offset_resp), 'offset')
    }
    assert.deepEqual([await offset('-2'), await offset('-1'), await offset('1')], ['1', '4', '1'])
    assert.equal(await offset(String(Date.now() + 60_000)), '-1')
    const fetched = await ask(socket, { cmd_kafka_fetch: { topic: 'log', partition: 1, offset: '1' } })
    assert.deepEqual(valuesOf(fetched), ['b', 'c', 'd'])
    await socket.close()
  })

  it('says what is not there', async () => {
    const socket = await open('small')
    await publish(socket, 'there', 'x')
    const refused = async (command: object) => Reflect.get(Object((await ask(socket, command)).error_resp), 'message')
    assert.deepEqual(
      [
        await refused({ cmd_kafka_fetch: { topic: 'nowhere' } }),
        await refused({ cmd_kafka_fetch: { topic: 'there', partition: 2 } }),
        await refused({ cmd_kafka_fetch: { topic: 'there', offset: '2' } }),
        await refused({ cmd_memory_subscribe: { topic: 'there', offset: '9' } }),
      ],
      [
        'there is no topic nowhere: publish to it, or name it in upstream.memory.topics',
        'topic there has no partition 2: its partitions are 0 to 1',
        'partition 0 of topic there has no offset 2: its records are those from 0 to before 1',
        'partition 0 of topic there has no offset 9: its records are those from 0 to before 1',
      ],
    )
    await socket.close()
  })

  it('sends a subscriber what is there and what comes, with the sequence of its command', async () => {
    const [reader, writer] = [await open('seeded'), await open('seeded')]
    const command = { cmd_memory_subscribe: { topic: 'orders', offset: '1' } }
    assert.deepEqual(await ask(reader, command, '42'), { sequence: '42', memory_subscribe_resp: { offset: '1' } })
    assert.deepEqual(valuesOf(await next(reader)), ['two', 'three'])
    await publish(writer, 'orders', 'four')
    const pushed = await next(reader)
    assert.deepEqual([pushed.sequence, valuesOf(pushed)], ['42', ['four']])
    await reader.close()
    await publish(writer, 'orders', 'five')
    await writer.close()
  })

  it('sends a subscriber bytes where it speaks bytes', async () => {
    const client = await connectPubSub(`${gateway.socketUrl}/small`, memory)
    const subscribed = await client.request({ cmd_memory_subscribe: { topic: 'bytes', offset: '0' } })
    assert.deepEqual([subscribed.name, subscribed.sequence], ['memory_subscribe_resp', '1'])
    const value = Buffer.from('hello').toString('base64')
    // The record may come before the answer: what answers no request is kept apart.
    const written = await client.request({ cmd_memory_publish: { topic: 'bytes', value } })
    assert.equal(written.name, 'memory_publish_resp')
    const { message, name, sequence } = await client.next()
    assert.deepEqual([name, sequence], ['kafka_fetch_resp', '1'])
    assert.equal(Reflect.get(Object(Reflect.get(message, 'messages')), '0').value, value)
    await client.close()
    assert.equal(await client.closed, 1000)
    await assert.rejects(client.next(), /closed with 1000/)
    await assert.rejects(connectPubSub(`${gateway.socketUrl}/nowhere`, memory), /404/)
  })

  it('waits for a subscriber that has enough to read, and misses nothing', async () => {
    const [reader, writer] = [await open('large'), await open('large')]
    await ask(reader, { cmd_memory_subscribe: { topic: 'big', offset: '0' } })
    const value = 'x'.repeat(40_000)
    const written: string[] = []
    for (let i = 0; i < 100; i++) {
      written.push(`${i} ${value}`)
      await publish(writer, 'big', `${i} ${value}`)
    }
    const read: string[] = []
    while (read.length < written.length) read.push(...valuesOf(await next(reader)))
    assert.deepEqual(read, written)
    await Promise.all([reader.close(), writer.close()])
  })
})
