import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, describe, it, type TestContext } from 'node:test'
import {
  adminKey,
  connectPubSub,
  count,
  type KafkaCluster,
  type PubSubClient,
  sharedKafka,
  startGateway,
  type TestGateway,
  UpgradeRefused,
} from '@sluice/harness'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'
import { processMetric, workerPids } from './support/workers.ts'

const topic = `workers-${process.pid}`
const records = 20

describe('workers', () => {
  let kafka: KafkaCluster
  before(async () => {
    const shared = await sharedKafka()
    kafka = shared
    const producer = await shared.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    const values = Array.from({ length: records }, (_, n) => ({ value: `record ${n}`, partition: 0 }))
    await producer.send(topic, values)
  })

  describe('two of them', () => {
    let gateway: TestGateway
    let url: string
    before(async () => {
      gateway = await startGateway({ workers: 2 })
      url = await putRoute(gateway, 'kafka', kafkaRoute([plaintext(kafka)]))
    })
    after(() => gateway?.stop())

    it('share the clients, who all read; the metrics are the sum of what the clients did', async () => {
      const clients = await connectMany(url, 64)
      const numbers = ['sluice_connections', 'sluice_connections_accepted_total', 'sluice_kafka_records_total']
      const fetches = 'sluice_pubsub_commands_total{scheme="kafka",command="cmd_kafka_fetch",result="ok"}'
      const observed = 'sluice_pubsub_command_seconds_count{scheme="kafka",command="cmd_kafka_fetch"}'
      const answers = await Promise.all(clients.map((client) => client.fetch(topic, 0, 0n)))
      for (const messages of answers) assert.equal(messages.length, records)
      assert.deepEqual(await Promise.all(numbers.map((name) => gateway.metric(name))), [64, 64, 64 * records])
      assert.deepEqual([await gateway.metric(fetches), await gateway.metric(observed)], [64, 64])
      // Each worker has a connection to the broker of its own for its clients: with clients on one only, there is one.
      assert.ok((await gateway.metric('sluice_kafka_broker_connections')) >= 2)
      await Promise.all(clients.map((client) => client.close()))
      await waitFor(
        'open connections',
        () => gateway.metric('sluice_connections'),
        (open) => open === 0,
      )
    })

    it('serve a change of the configuration, all of them, before it is answered', async () => {
      const changes = count(200, 2000)
      for (let n = 0; n < changes; n++) {
        const route = { ...kafkaRoute(['127.0.0.1:1'], { uri: `/changes/${n}` }) }
        const made = await putRoute(gateway, 'changing', route)
        // The system gives each connection to one of the two at random: in 200 rounds no worker is missed for long.
        const clients = await connectMany(made, 5)
        const { status } = await gateway.admin('DELETE', '/routes/changing')
        assert.equal(status, 200)
        for (const client of clients) assert.equal((await client.nextClose()).code, 1012)
        const refusals = await Promise.all(Array.from({ length: 5 }, () => refusal(made)))
        assert.deepEqual(refusals, [404, 404, 404, 404, 404], `after DELETE ${n}`)
      }
      const revisions = await processMetric(gateway, 'sluice_config_revision')
      assert.deepEqual([...revisions.keys()], ['1', '2'])
      assert.equal(new Set(revisions.values()).size, 1)
    })

    it('a worker that stands still is named in the answer to a write and left out of the metrics', async () => {
      const [first, second] = await workerPids(gateway)
      assert.ok(first !== undefined && second !== undefined)
      process.kill(first, 'SIGSTOP')
      try {
        const body = JSON.stringify(kafkaRoute([plaintext(kafka)], { uri: '/late' }))
        const headers = { 'x-api-key': adminKey }
        const put = () => fetch(`${gateway.adminUrl}/apisix/admin/routes/late`, { method: 'PUT', headers, body })
        const answer = await put()
        assert.deepEqual([answer.status, answer.headers.get('x-sluice-workers-behind')], [201, '1'])
        assert.equal(await gateway.metric('sluice_workers_unscraped'), 1)
        // It is not waited for twice.
        assert.equal((await put()).headers.get('x-sluice-workers-behind'), '1')
      } finally {
        process.kill(first, 'SIGCONT')
      }
      await waitFor(
        'the revisions of both workers',
        async () => [...(await processMetric(gateway, 'sluice_config_revision')).values()],
        ([one, other]) => one !== undefined && one === other,
      )
      const { status } = await gateway.admin('DELETE', '/routes/late')
      assert.equal(status, 200)
      assert.deepEqual(await workerPids(gateway), [first, second])
    })

    it('one that is killed takes only its own clients with it, and is replaced', async () => {
      const clients = await connectMany(url, 32)
      const gone = new Set<PubSubClient>()
      for (const client of clients) void client.nextClose().then(() => gone.add(client))
      const before = await workerPids(gateway)
      const [victim] = before
      assert.ok(victim !== undefined)
      const total = await gateway.metric('sluice_connections_accepted_total')
      process.kill(victim, 'SIGKILL')
      // Written while one is missing, for the next one to have.
      const changed = await putRoute(gateway, 'after', kafkaRoute([plaintext(kafka)], { uri: '/after' }))
      await waitFor(
        'workers that serve',
        () => readiness(gateway),
        (ready) => ready === 'ready 2 of 2' && gone.size > 0,
      )
      assert.ok(gone.size < clients.length, 'the clients of the other worker are still there')
      for (const client of clients.filter((each) => !gone.has(each))) {
        assert.equal((await client.fetch(topic, 0, 0n)).length, records)
      }
      const pids = await workerPids(gateway)
      assert.equal(pids.length, 2)
      assert.ok(!pids.includes(victim))
      assert.equal(await gateway.metric('sluice_worker_restarts_total{reason="SIGKILL"}'), 1)
      assert.ok(gateway.log.some((line) => line.includes('a worker ended: its clients')))
      assert.equal(await gateway.metric('sluice_connections_accepted_total'), total, 'a total does not fall')
      assert.equal(await gateway.metric('sluice_connections'), clients.length - gone.size)
      const later = await connectMany(changed, 16)
      for (const client of later) assert.equal((await client.fetch(topic, 0, 0n)).length, records)
      await gateway.admin('DELETE', '/routes/after')
      for (const client of later) assert.equal((await client.nextClose()).code, 1012)
      const revisions = await processMetric(gateway, 'sluice_config_revision')
      assert.equal(new Set(revisions.values()).size, 1)
      await Promise.all(clients.map((client) => client.close()))
    })

    it('get no key and no password by arguments or environment, and say in each line of the log who they are', async () => {
      for (const pid of await workerPids(gateway)) {
        const [args, environment] = await Promise.all(
          ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
        )
        assert.ok(!`${args}${environment}`.includes('SLUICE_'))
        assert.ok(!`${args}${environment}`.includes(adminKey))
      }
      // A password that crosses the network readable is warned of where it is used.
      const sasl = { username: 'workers', password: 'canary-of-workers' }
      const route = kafkaRoute([plaintext(kafka)], { uri: '/sasl', plugins: { 'kafka-proxy': { sasl } } })
      const [client] = await connectMany(await putRoute(gateway, 'sasl', route), 1)
      const writers = await waitFor(
        'who writes to the log',
        async () => new Set(gateway.log.map((line) => JSON.parse(line).worker)),
        (found) => found.has(1) || found.has(2),
      )
      await client?.close()
      assert.ok(!gateway.log.some((line) => line.includes(sasl.password)))
      assert.ok(!writers.has(undefined))
      assert.ok(writers.has('main'))
    })
  })

  it('SIGTERM lets the clients of all go with 1001 and ends with 0', async (t) => {
    const gateway = await start(t)
    const clients = await connectMany(await putRoute(gateway, 'kafka', kafkaRoute([plaintext(kafka)])), 16)
    const pids = await workerPids(gateway)
    const code = await gateway.stop('SIGTERM')
    assert.equal(code, 0)
    for (const client of clients) {
      assert.deepEqual(await client.nextClose(), { code: 1001, reason: 'the gateway is shutting down: connect again' })
    }
    assert.deepEqual(await alive(pids), [])
  })

  it('a second SIGTERM ends all at once', async (t) => {
    const gateway = await start(t)
    const [client] = await connectMany(await putRoute(gateway, 'kafka', kafkaRoute([plaintext(kafka)])), 1)
    client?.send({ cmd_kafka_fetch: { topic, partition: 0, offset: BigInt(records), max_wait_ms: 60_000 } })
    await waitFor(
      'commands in flight',
      () => gateway.metric('sluice_kafka_commands_in_flight'),
      (open) => open === 1,
    )
    const pids = await workerPids(gateway)
    void gateway.stop('SIGTERM')
    await waitFor(
      'what /readyz says',
      () => readiness(gateway),
      (said) => said.startsWith('not ready'),
    )
    assert.equal(await gateway.stop('SIGTERM'), 1)
    assert.equal((await client?.nextClose())?.code, 1006)
    await waitFor('processes', () => alive(pids), none)
  })

  it('none outlives a main process that is killed', async (t) => {
    const gateway = await start(t)
    const pids = await workerPids(gateway)
    assert.equal(pids.length, 2)
    await gateway.stop('SIGKILL')
    await waitFor('processes', () => alive(pids), none)
  })

  it('a worker that ends over and over is started ever more slowly, and the gateway says that it is not ready', async (t) => {
    const gateway = await start(t)
    // By their pids: one that has just been killed may be seen once more before it is reaped.
    const killed = new Set<number>()
    const said = new Set<string>()
    const until = performance.now() + 3000
    while (performance.now() < until) {
      for (const pid of await workerPids(gateway)) {
        // One that was seen a moment ago may have ended by itself.
        if (endNow(pid)) killed.add(pid)
      }
      said.add(await readiness(gateway))
    }
    assert.ok(said.has('not ready (no worker serves) 0 of 2'), [...said].join())
    // 100, 200, 400, 800 and 1600 ms lie between the starts of each of the two.
    assert.ok(killed.size <= 12, `${killed.size} starts`)
    await waitFor(
      'what /readyz says',
      () => readiness(gateway),
      (said) => said === 'ready 2 of 2',
    )
    assert.equal(await gateway.stop(), 0)
  })
})

/** A gateway that ends with the test at the latest, also with one that fails. */
async function start(t: TestContext): Promise<TestGateway> {
  const gateway = await startGateway({ workers: 2 })
  t.after(() => gateway.stop('SIGKILL'))
  return gateway
}

function connectMany(url: string, amount: number): Promise<PubSubClient[]> {
  return Promise.all(Array.from({ length: amount }, () => connectPubSub(url)))
}

/** The status with which a handshake is refused. */
async function refusal(url: string): Promise<number> {
  try {
    const client = await connectPubSub(url)
    client.terminate()
    return 101
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status
    throw error
  }
}

/** `ready 2 of 2`, with the reason where it is not ready. */
async function readiness({ statusUrl }: TestGateway): Promise<string> {
  const { status, reason, workers } = JSON.parse(await (await fetch(`${statusUrl}/readyz`)).text())
  return `${reason === undefined ? status : `${status} (${reason})`} ${workers.ready} of ${workers.of}`
}

function endNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

async function alive(pids: readonly number[]): Promise<string[]> {
  const running = await readdir('/proc')
  return pids.map(String).filter((pid) => running.includes(pid))
}

function none(left: readonly string[]): boolean {
  return left.length === 0
}
