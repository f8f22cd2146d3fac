import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  connectPubSub,
  count,
  type KafkaBroker,
  type KafkaHandle,
  openProducer,
  type Producer,
  type PubSubClient,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { type NumberedReader, startNumberedReader } from './support/numbered-reader.ts'
import { writeNumbered } from './support/numbered-records.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const recordsPerRound = count(15_000, 100_000)
const rounds = count(4, 20)
const recordsPerBatch = 100

/** Something that happens to the broker that leads; what undoes it comes back. */
interface Fault {
  readonly what: string
  strike(leader: KafkaBroker): Promise<() => Promise<void>>
}

/** A cluster of three under a client that reads what a producer (acks=all, idempotent) writes meanwhile. */
describe('a reader loses nothing, gets nothing twice and keeps the order when the broker that leads', () => {
  const topic = 'replicated'
  let kafka: KafkaHandle
  let gateway: TestGateway
  let producer: Producer
  let client: PubSubClient
  let reader: NumberedReader
  let written = 0
  let longestWrite = 0

  const faults: readonly [Fault, ...Fault[]] = [
    {
      what: 'hands its partition over',
      async strike({ id }) {
        const { replicas } = await kafka.replicas(topic, 0)
        const others = replicas.filter((broker) => broker !== id)
        await kafka.reassign(topic, 0, others)
        return () => kafka.reassign(topic, 0, [...others, id])
      },
    },
    {
      what: 'is killed',
      async strike(broker) {
        await broker.kill('SIGKILL')
        return () => broker.restart()
      },
    },
    {
      what: 'is stopped with SIGTERM',
      async strike(broker) {
        const ended = broker.kill('SIGTERM')
        return async () => {
          await ended
          await broker.restart()
        }
      },
    },
    {
      what: 'is silent for 20 s and then comes back',
      async strike(broker) {
        broker.pause()
        const over = delay(20_000)
        return async () => {
          await over
          broker.cont()
        }
      },
    },
  ]

  before(async () => {
    kafka = await startKafka({ brokers: 3, properties: { 'min.insync.replicas': '2' } })
    gateway = await startGateway({ logLevel: 'info' })
    await kafka.createTopic(topic, { replicationFactor: 3 })
    producer = await openProducer(kafka.bootstrap.internal, { idempotent: true, requestTimeoutMs: 2000 })
    client = await connectPubSub(await putRoute(gateway, 'kafka', kafkaRoute(plaintext(kafka).split(','))))
    reader = startNumberedReader(client, topic)
  })
  after(async () => {
    await reader?.stop()
    await client?.close()
    await producer?.close()
    await gateway?.stop()
    await kafka?.stop()
  })

  /** Writes on, the same batch until it is acknowledged: the broker drops what it has already. */
  const writeUpTo = async (end: number): Promise<void> => {
    while (written < end) {
      const next = Math.min(written + recordsPerBatch, end)
      const began = performance.now()
      try {
        await writeNumbered(producer, topic, written, next)
        written = next
      } catch {
        await delay(100)
      }
      longestWrite = Math.max(longestWrite, performance.now() - began)
    }
  }
  const leader = async (): Promise<KafkaBroker> => {
    const { leader: id } = await waitFor(
      'a leader',
      () => kafka.replicas(topic, 0),
      (now) => now.leader > 0,
    )
    const broker = kafka.brokers.find((each) => each.id === id)
    assert.ok(broker)
    return broker
  }

  for (let round = 0; round < rounds; round++) {
    const fault = faults[round % faults.length] ?? faults[0]
    it(`${fault.what}${rounds > faults.length ? ` (round ${round + 1})` : ''}`, async (t) => {
      const start = written
      const errorsBefore = reader.errors.length
      const share = (part: number) => start + Math.floor(recordsPerRound * part)
      await writeUpTo(share(1 / 3))
      await reader.readUpTo(share(1 / 4))
      reader.takeLongestGap()
      longestWrite = 0
      const struck = await leader()
      const writing = writeUpTo(share(5 / 6))
      const heal = await fault.strike(struck)
      await writing
      await reader.readUpTo(share(5 / 6))
      const [gap, write] = [reader.takeLongestGap(), longestWrite].map(Math.round)
      t.diagnostic(`${gap} ms without records; the longest write took ${write} ms`)
      await heal()
      await writeUpTo(share(1))
      await reader.readUpTo(share(1))
      await waitFor(
        'in-sync replicas',
        () => kafka.replicas(topic, 0),
        (now) => now.inSync.length === 3,
      )
      assert.equal(reader.read, start + recordsPerRound)
      const errors = reader.errors.slice(errorsBefore)
      assert.deepEqual(errors, [], 'the gateway tries again by itself')
    })
  }
})
