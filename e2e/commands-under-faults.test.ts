import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  connectPubSub,
  count,
  type FaultProxy,
  type KafkaHandle,
  requireTool,
  startGateway,
  startKafka,
  startToxiproxy,
  type TestGateway,
  type Toxiproxy,
} from '@sluice/harness'
import { runCommandLoad } from './support/command-load.ts'
import { createRandom, fuzzSeed } from './support/fuzz/random.ts'
import { writeNumbered } from './support/numbered-records.ts'
import { createCommands } from './support/random-commands.ts'
import { spoilLinks } from './support/random-faults.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const commands = count(20_000, 200_000)
const clients = 32
const records = 200
const topics = ['one', 'two', 'three'] as const
const timeoutMs = 3000
// A second for the gateway's net below the time-out of its Kafka client; the rest is for a machine that has much to do.
const graceMs = 4000
const seed = fuzzSeed()

const gauges = [
  'sluice_connections',
  'sluice_kafka_broker_connections',
  'sluice_kafka_commands_in_flight',
  'sluice_kafka_requests_in_flight',
  'sluice_kafka_buffers',
  'nodejs_active_resources{type="TCPSocketWrap"}',
  'nodejs_active_resources{type="Timeout"}',
]

/** Three brokers behind fault proxies: links go bad and brokers die while several clients send commands of every kind. */
describe('under faults', { skip: requireTool('toxiproxy-server').skip }, () => {
  const links: FaultProxy[] = []
  let proxies: Toxiproxy
  let kafka: KafkaHandle
  let gateway: TestGateway
  let url: string

  before(async () => {
    proxies = await startToxiproxy()
    kafka = await startKafka({
      brokers: 3,
      async advertise({ brokerId, port }) {
        const link = await proxies.proxy(`broker-${brokerId}`, `127.0.0.1:${port}`)
        links[brokerId - 1] = link
        return link.address
      },
    })
    const producer = await kafka.producer()
    for (const topic of topics) {
      await kafka.createTopic(topic, { replicationFactor: 3 })
      await writeNumbered(producer, topic, 0, records)
    }
    gateway = await startGateway({ logLevel: 'info' })
    const options = { kafka: { command_timeout_ms: timeoutMs }, timeout: { connect: 1, send: 5, read: 5 } }
    url = await putRoute(gateway, 'kafka', kafkaRoute(plaintext(kafka).split(','), options))
  })
  after(async () => {
    await gateway?.stop()
    await kafka?.stop()
    await proxies?.stop()
  })

  // One after the other: each question under way would be a socket more.
  const readGauges = async (): Promise<readonly number[]> => {
    const values: number[] = []
    for (const name of gauges) values.push(await gateway.metric(name))
    return values
  }
  const watchGauges = async (signal: AbortSignal): Promise<readonly number[]> => {
    let highest: readonly number[] = gauges.map(() => 0)
    while (!signal.aborted) {
      const now = await readGauges()
      highest = highest.map((value, n) => Math.max(value, now[n] ?? 0))
      await delay(250)
    }
    return highest
  }
  const restartBrokers = async (signal: AbortSignal): Promise<number> => {
    let restarts = 0
    while (!signal.aborted) {
      const broker = kafka.brokers[restarts % kafka.brokers.length]
      await broker?.kill(restarts % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
      await broker?.restart()
      restarts++
      await delay(4000, undefined, { signal }).catch(() => {})
    }
    return restarts
  }

  it('each command is answered once and in time, and nothing is left afterwards', async (t) => {
    const warmUp = await connectPubSub(url)
    for (const topic of topics) await warmUp.fetch(topic, 0, 0n)
    await warmUp.close()
    const baseline = await waitFor('what a first use leaves', readGauges, (now) =>
      now.slice(0, 5).every((n) => n === 0),
    )

    const [first, ...others] = links
    assert.ok(first)
    const over = new AbortController()
    const spoiling = spoilLinks([first, ...others], createRandom(seed), over.signal)
    const restarting = restartBrokers(over.signal)
    const highest = watchGauges(over.signal)
    const results = await Promise.all(
      Array.from({ length: clients }, (_, n) =>
        runCommandLoad(url, commands / clients, createCommands(topics, records), createRandom(seed + n)),
      ),
    ).finally(() => over.abort())
    const [faults, restarts] = await Promise.all([spoiling, restarting])

    const sum = (name: 'answered' | 'cut' | 'closedByGateway') => results.reduce((all, each) => all + each[name], 0)
    const longestMs = Math.max(...results.map((each) => each.longestMs))
    const failed = await gateway.metric(
      'sluice_pubsub_commands_total{scheme="kafka",command="cmd_kafka_fetch",result="error"}',
    )
    t.diagnostic(`seed ${seed}: ${faults} faults, ${restarts} restarts; ${sum('answered')} answered, ${sum('cut')} cut`)
    t.diagnostic(`${failed} fetches failed; the longest answer took ${Math.round(longestMs)} ms`)
    assert.equal(sum('answered') + sum('cut'), commands)
    assert.equal(sum('closedByGateway'), 0)
    for (const [n, most] of (await highest).entries())
      assert.ok(most > (baseline[n] ?? 0), `${gauges[n]} was seen to rise`)
    assert.ok(longestMs <= timeoutMs + graceMs, `an answer took ${longestMs} ms`)
    await waitFor('what is left', readGauges, (now) => now.every((value, n) => value <= (baseline[n] ?? 0)))
  })
})
