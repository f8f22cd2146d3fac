import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectPubSub, count, type PubSubClient, SocketClosed, sharedKafka, type TestGateway } from '@sluice/harness'
import { startWatchedGateway, watchLeaks } from './support/fuzz/leaks.ts'
import { type FuzzFrame, pubSubFrame } from './support/fuzz/pubsub-frames.ts'
import { fuzzSeed, inParallel, seeded } from './support/fuzz/random.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

const clients = 16
const framesEach = 250

/** What packages/pubsub/test/fuzz.test.ts does in memory, against the program and a broker. */
describe('pub/sub messages of a client that means harm', () => {
  const topic = `fuzz-pubsub-${process.pid}`
  const seed = fuzzSeed()
  let gateway: TestGateway
  let url: string

  before(async () => {
    const kafka = await sharedKafka()
    gateway = await startWatchedGateway()
    // Changed commands ask for topics that are not there, and wait for records that never come.
    const route = kafkaRoute([plaintext(kafka)], { uri: '/fuzz', kafka: { command_timeout_ms: 1000 } })
    url = await putRoute(gateway, 'fuzz', route)
    const producer = await kafka.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    await producer.send(
      topic,
      Array.from({ length: 20 }, (_, n) => ({ value: `record ${n}`, partition: 0 })),
    )
  })
  after(() => gateway?.stop())

  it(`${count(20_000, 200_000)} of them are answered once each`, async (test) => {
    test.diagnostic(`SLUICE_FUZZ_SEED=${seed}`)
    const sockets = count(20_000, 200_000) / framesEach
    const leaks = await watchLeaks(gateway)
    let answered = 0
    const socket = (index: number) =>
      seeded(seed, index, async (random) => {
        const client = await connectPubSub(url)
        const frames = Array.from({ length: framesEach }, (_, at) => pubSubFrame(random, topic, BigInt(at + 1)))
        for (const { data } of frames) client.sendRaw(data)
        if (random.chance(0.2)) {
          for (let left = random.below(framesEach); left > 0; left--) await client.nextFrame()
          client.terminate()
          await client.nextClose()
          return
        }
        await checkAnswers(client, frames)
        answered += frames.length
      })
    await inParallel(sockets / 4, clients, socket)
    await leaks.warm()
    await inParallel((sockets / 4) * 3, clients, (index) => socket(index + sockets / 4))
    const good = await connectPubSub(url)
    assert.equal((await good.fetch(topic, 0, 0n)).length, 20)
    await good.close()
    assert.ok((await gateway.metric('sluice_pubsub_commands_total')) >= answered, 'each answer is counted')
    await leaks.check()
  })
})

async function checkAnswers(client: PubSubClient, frames: readonly FuzzFrame[]): Promise<void> {
  const sequences = new Map<bigint, number>()
  for (let left = frames.length; left > 0; left--) {
    const frame = await client.nextFrame()
    if (frame.kind === 'text') {
      assert.ok(JSON.parse(frame.text))
      continue
    }
    const { sequence } = frame.response
    sequences.set(sequence, (sequences.get(sequence) ?? 0) + 1)
  }
  for (const { sequence } of frames) {
    if (sequence !== undefined)
      assert.ok(sequences.has(sequence), `the command with sequence ${sequence} has its answer`)
  }
  await client.close()
  await assert.rejects(client.nextFrame(), SocketClosed, 'nothing is answered twice')
}
