import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  type AdvertisedListener,
  connectPubSub,
  DEFAULT_USERS,
  type KafkaHandle,
  startGateway,
  startKafka,
  type TestGateway,
  UpgradeRefused,
} from '@sluice/harness'
import { type KafkaRoute, kafkaRoute, putRoute } from './support/routes.ts'

/** Hands every connection on to a port of this machine, and counts them. */
interface Tap {
  readonly address: string
  readonly connections: () => number
  close(): void
}

async function openTap(port: number): Promise<Tap> {
  const open = new Set<Socket>()
  let connections = 0
  const server: Server = createServer((client) => {
    connections++
    const broker = connect(port, '127.0.0.1')
    for (const socket of [client, broker]) open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)))
    client.pipe(broker).pipe(client)
    broker.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    address: `127.0.0.1:${address.port}`,
    connections: () => connections,
    close() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

/**
 * One broker whose listeners advertise what they should not. A node 0.0.0.0 leads to this machine without being loopback,
 * so that a refused address is one that could be reached.
 */
describe('the egress policy', () => {
  const topic = `egress-${process.pid}`
  const [user = { username: '', password: '' }] = DEFAULT_USERS
  const sasl = { 'kafka-proxy': { sasl: { username: user.username, password: user.password } } }
  const taps = new Map<string, Tap>()
  const ports = new Map<string, number>()
  let kafka: KafkaHandle
  let gateway: TestGateway
  let allowing: TestGateway
  let routes = 0

  const advertise = async ({ name, port }: AdvertisedListener): Promise<string> => {
    ports.set(name, port)
    if (name === 'SSL') return '100.100.100.200:9092'
    if (name === 'SASL_SSL') return '169.254.169.254:80'
    const tap = await openTap(port)
    taps.get(name)?.close()
    taps.set(name, tap)
    return tap.address
  }
  const node = (host: string, listener: string): string => `${host}:${ports.get(listener)}`

  before(async () => {
    kafka = await startKafka({ listeners: ['PLAINTEXT', 'SASL_PLAINTEXT', 'SSL', 'SASL_SSL'], advertise })
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'behind a policy', partition: 0 }])
    gateway = await startGateway()
    allowing = await startGateway({ config: 'egress: { allow: [127.0.0.0/8] }' })
  })
  after(async () => {
    await Promise.all([gateway?.stop(), allowing?.stop(), kafka?.stop()])
    for (const tap of taps.values()) tap.close()
  })

  /** Asks for the first message over a route of its own, as often as asked. */
  const ask = async (at: TestGateway, broker: string, options: Omit<KafkaRoute, 'uri'> = {}, times = 1) => {
    const id = `egress-${routes++}`
    const client = await connectPubSub(await putRoute(at, id, kafkaRoute([broker], { ...options, uri: `/${id}` })))
    const answers = []
    for (let i = 0; i < times; i++) {
      answers.push(await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }))
    }
    await client.close()
    return answers
  }
  const reads = (answers: Awaited<ReturnType<typeof ask>>): void => {
    for (const { error_resp, kafka_fetch_resp } of answers) {
      assert.equal(error_resp, undefined)
      assert.equal(Buffer.from(kafka_fetch_resp?.messages[0]?.value ?? []).toString(), 'behind a policy')
    }
  }
  const refused = (answers: Awaited<ReturnType<typeof ask>>, broker: string, reason: string): void => {
    const message =
      `failed to fetch message, topic: ${topic}, partition: 0, err: broker ${broker} is advertised, but the egress policy ` +
      `refuses it: ${reason}; if that is right, add it to egress.allow of the gateway`
    for (const { error_resp } of answers) assert.deepEqual(error_resp, { code: 119, message })
  }
  const connections = (): number => [...taps.values()].reduce((sum, tap) => sum + tap.connections(), 0)
  const dials = async (): Promise<readonly [tried: number, refused: number]> => [
    await gateway.metric('sluice_upstream_dials_total'),
    await gateway.metric('sluice_upstream_dials_refused_total'),
  ]

  for (const [listener, plugins] of [
    ['PLAINTEXT', {}],
    ['SASL_PLAINTEXT', sasl],
  ] as const) {
    it(`does not connect to a loopback address that a node which is not loopback advertises (${listener})`, async () => {
      const tap = taps.get(listener)
      assert.ok(tap)
      const [tried, declined] = await dials()
      const answers = await ask(gateway, node('0.0.0.0', listener), { plugins }, 3)
      refused(answers, tap.address, '127.0.0.1 is a loopback address and no node of the upstream is one')
      assert.equal(connections(), 0, 'no connection, so no credential either')
      assert.deepEqual(await dials(), [tried + 1, declined + 3], 'the node, and nothing else')
      const warnings = gateway.log.filter((line) => line.includes('the egress policy refuses an address'))
      assert.equal(warnings.filter((line) => line.includes(tap.address)).length, 1, 'told once')
    })
  }

  for (const [listener, plugins, broker, address] of [
    ['SSL', {}, '100.100.100.200:9092', '100.100.100.200'],
    ['SASL_SSL', sasl, '169.254.169.254:80', '169.254.169.254'],
  ] as const) {
    it(`does not connect to a metadata address, whatever the node is (${listener})`, async () => {
      for (const host of ['127.0.0.1', '0.0.0.0', 'localhost']) {
        const [tried, declined] = await dials()
        const answers = await ask(gateway, node(host, listener), { tls: {}, plugins })
        refused(answers, broker, `${address} is a cloud metadata address`)
        assert.deepEqual(await dials(), [tried + 1, declined + 1])
      }
    })
  }

  it('reads where egress.allow lists the address', async () => {
    const before = connections()
    reads(await ask(allowing, node('0.0.0.0', 'PLAINTEXT')))
    reads(await ask(allowing, node('0.0.0.0', 'SASL_PLAINTEXT'), { plugins: sasl }))
    assert.equal(connections(), before + 2)
    assert.equal(await allowing.metric('sluice_upstream_dials_refused_total'), 0)
  })

  it('reads where a node is of the class of what it advertises, however the node is written', async () => {
    for (const host of ['127.0.0.1', '127.1', 'localhost', '0x7f000001']) {
      const before = connections()
      reads(await ask(gateway, node(host, 'PLAINTEXT')))
      assert.equal(connections(), before + 1, host)
    }
  })

  it('shows no password', () => {
    assert.ok(!gateway.log.some((line) => line.includes(user.password)))
  })
})

describe('egress.require_verify', () => {
  const strict = 'egress: { require_verify: true }'
  const broker = '127.0.0.1:1'

  it('refuses TLS without verification when it is written, and nothing else', async (t) => {
    const gateway = await startGateway({ config: strict })
    t.after(() => gateway.stop())
    const put = (path: string, body: object) => gateway.admin('PUT', path, body)
    const message =
      'invalid configuration: upstream.tls.verify must be true: ' +
      'egress.require_verify of this gateway refuses TLS without it'
    for (const tls of [{}, { verify: false }]) {
      const route = kafkaRoute([broker], { tls })
      for (const [path, body] of [
        ['/routes/1', route],
        ['/services/1', { upstream: route.upstream }],
        ['/upstreams/1', route.upstream],
      ] as const) {
        const answer = await put(path, body)
        assert.deepEqual([answer.status, answer.body], [400, { error_msg: message }], path)
      }
    }
    assert.equal((await put('/routes/verified', kafkaRoute([broker], { tls: { verify: true } }))).status, 201)
    assert.equal((await put('/routes/plaintext', kafkaRoute([broker]))).status, 201)
  })

  it('answers 503 for a route that was stored before', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-egress-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const lax = await startGateway({ folder })
    await putRoute(lax, 'old', kafkaRoute([broker], { tls: {}, uri: '/old' }))
    await lax.stop()
    const gateway = await startGateway({ folder, config: strict })
    t.after(() => gateway.stop())
    await assert.rejects(connectPubSub(`${gateway.socketUrl}/old`), (error) => {
      assert.ok(error instanceof UpgradeRefused)
      assert.equal(error.status, 503)
      assert.match(error.body, /route old uses TLS without verification.*set upstream\.tls\.verify to true/)
      return true
    })
    await putRoute(gateway, 'old', kafkaRoute([broker], { tls: { verify: true }, uri: '/old' }))
    await (await connectPubSub(`${gateway.socketUrl}/old`)).close()
  })
})
