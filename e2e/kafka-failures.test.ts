import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  DEFAULT_USERS,
  type KafkaCluster,
  readPem,
  sharedKafka,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { type KafkaRoute, kafkaRoute, type Listener, listenerOf, putRoute } from './support/routes.ts'

/** Ways to reach a cluster, and every way not to: each has its own message, which names the broker and what to do. */
describe('the way to a broker', () => {
  const topic = `secure-${process.pid}`
  let gateway: TestGateway
  let kafka: KafkaCluster
  let ca: string
  let otherCa: string
  let routes = 0
  const [user = { username: '', password: '' }] = DEFAULT_USERS
  const at = (listener: Listener) => listenerOf(kafka, listener)

  before(async () => {
    kafka = await sharedKafka()
    assert.ok(kafka.tls)
    ca = await readPem(kafka.tls.caFile)
    otherCa = await readPem(kafka.tls.otherCaFile)
    gateway = await startGateway()
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'behind walls', partition: 0 }])
  })
  after(() => gateway?.stop())

  /** Asks for the first message over a route of its own. */
  const ask = async (broker: string, options: Omit<KafkaRoute, 'uri'>) => {
    const id = `way-${routes++}`
    const client = await connectPubSub(await putRoute(gateway, id, kafkaRoute([broker], { ...options, uri: `/${id}` })))
    const answer = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })
    await client.close()
    return answer
  }
  const sasl = (mechanism: string | undefined, password = user.password) => ({
    'kafka-proxy': {
      sasl: { username: user.username, password, ...(mechanism === undefined ? {} : { mechanism }) },
    },
  })
  const withCa = (plugins: Record<string, object>) => ({
    'kafka-proxy': { ...plugins['kafka-proxy'], tls: { ca: ca } },
  })
  const reads = (answer: Awaited<ReturnType<typeof ask>>): void => {
    assert.equal(answer.error_resp, undefined)
    assert.equal(Buffer.from(answer.kafka_fetch_resp?.messages[0]?.value ?? []).toString(), 'behind walls')
  }
  const fails = (answer: Awaited<ReturnType<typeof ask>>, code: number, text: string): void => {
    assert.deepEqual(answer.error_resp, {
      code,
      message: `failed to fetch message, topic: ${topic}, partition: 0, err: ${text}`,
    })
  }

  it('reads over TLS without verification', async () => reads(await ask(at('ssl'), { tls: {} })))
  it('reads over TLS with the right CA', async () =>
    reads(await ask(at('ssl'), { tls: { verify: true }, plugins: withCa({}) })))
  for (const mechanism of [undefined, 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    it(`reads with SASL ${mechanism ?? 'by default'}`, async () =>
      reads(await ask(at('saslPlaintext'), { plugins: sasl(mechanism) })))
    it(`reads with SASL ${mechanism ?? 'by default'} over verified TLS`, async () =>
      reads(await ask(at('saslSsl'), { tls: { verify: true }, plugins: withCa(sasl(mechanism)) })))
  }

  it('says that a self-signed certificate is not trusted', async () => {
    const broker = at('ssl')
    const { error_resp } = await ask(broker, { tls: { verify: true } })
    assert.equal(error_resp?.code, 113)
    assert.match(error_resp?.message ?? '', /err: TLS with broker 127\.0\.0\.1:\d+ failed: self-signed certificate/)
    assert.match(error_resp?.message ?? '', /tls\.ca/)
  })

  it('says that a certificate is of another CA', async () => {
    const { error_resp } = await ask(at('ssl'), {
      tls: { verify: true },
      plugins: { 'kafka-proxy': { tls: { ca: otherCa } } },
    })
    assert.equal(error_resp?.code, 113)
    assert.match(error_resp?.message ?? '', /TLS with broker .* failed: /)
  })

  it('says that a certificate is for another name', async () => {
    const { error_resp } = await ask(at('ssl'), {
      tls: { verify: true },
      plugins: { 'kafka-proxy': { tls: { ca: ca, server_name: 'broker.example' } } },
    })
    assert.equal(error_resp?.code, 113)
    assert.match(error_resp?.message ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
  })

  it('says that the password is wrong, with the words of the broker and without the password', async () => {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
      const { error_resp } = await ask(at('saslPlaintext'), { plugins: sasl(mechanism, 'not-the-one') })
      assert.equal(error_resp?.code, 116)
      assert.match(
        error_resp?.message ?? '',
        new RegExp(`SASL authentication with broker \\S+ failed \\(mechanism ${mechanism}\\)`),
      )
      assert.doesNotMatch(error_resp?.message ?? '', /not-the-one/)
    }
    assert.ok(!gateway.log.some((line) => line.includes('not-the-one')), 'no password in the log')
  })

  it('refuses a mechanism that Sluice does not have, when the route is made', async () => {
    const { status, body } = await gateway.admin(
      'PUT',
      '/routes/bad-mechanism',
      kafkaRoute([at('saslPlaintext')], { plugins: sasl('GSSAPI') }),
    )
    assert.equal(status, 400)
    assert.match(
      String(body.error_msg),
      /failed to check the configuration of plugin kafka-proxy err: property "sasl" validation failed: property "mechanism" validation failed: matches none of the enum values/,
    )
  })

  it('says that the broker does not offer the mechanism', async (t) => {
    const plainOnly = await startKafka({
      listeners: ['SASL_PLAINTEXT'],
      properties: { 'sasl.enabled.mechanisms': 'PLAIN' },
    })
    t.after(() => plainOnly.stop())
    const { error_resp } = await ask(listenerOf(plainOnly, 'saslPlaintext'), { plugins: sasl('SCRAM-SHA-256') })
    assert.equal(error_resp?.code, 117)
    assert.match(error_resp?.message ?? '', /does not offer SASL mechanism SCRAM-SHA-256; it offers PLAIN/)
  })

  it('says that the broker wants SASL', async () => {
    const { error_resp } = await ask(at('saslPlaintext'), {})
    assert.match(error_resp?.message ?? '', /may require SASL/)
  })

  it('says that the port speaks TLS', async () => {
    const { error_resp } = await ask(at('ssl'), {})
    assert.equal(error_resp?.code, 114)
    assert.match(error_resp?.message ?? '', /upstream\.tls/)
  })

  it('says that the port does not speak TLS', async () => {
    const { error_resp } = await ask(at('plaintext'), { tls: {} })
    assert.equal(error_resp?.code, 115)
    assert.match(error_resp?.message ?? '', /does not speak TLS/)
  })

  it('says that the host is unknown', async () => {
    const { error_resp } = await ask('kafka.invalid:9092', {})
    assert.equal(error_resp?.code, 110)
    assert.match(error_resp?.message ?? '', /DNS lookup of broker kafka\.invalid:9092 failed/)
  })

  it('says that the port is refused', async () => {
    const port = await freePort()
    fails(
      await ask(`127.0.0.1:${port}`, {}),
      111,
      `broker 127.0.0.1:${port} refused the connection (ECONNREFUSED): check host and port, and that the broker is up`,
    )
  })

  it('says that a broker accepts connections but never answers', async (t) => {
    const silent = createServer(() => {})
    const port = await listen(silent)
    t.after(() => silent.close())
    const { error_resp } = await ask(`127.0.0.1:${port}`, { timeout: { connect: 0.2, send: 1, read: 1 } })
    assert.match(error_resp?.message ?? '', new RegExp(`broker 127\\.0\\.0\\.1:${port}`))
    assert.ok([112, 120].includes(error_resp?.code ?? 0), `code ${error_resp?.code}: ${error_resp?.message}`)
  })

  it('never shares a connection between different credentials', async () => {
    const uri = (n: number) => `/shared-${n}`
    const broker = at('saslPlaintext')
    const before = await gateway.metric('sluice_kafka_broker_connections')
    const clients = []
    for (const n of [1, 2]) {
      const plugins = sasl(n === 1 ? 'PLAIN' : 'SCRAM-SHA-256')
      const url = await putRoute(gateway, `shared-${n}`, kafkaRoute([broker], { uri: uri(n), plugins }))
      for (let twice = 0; twice < 2; twice++) {
        const client = await connectPubSub(url)
        await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })
        clients.push(client)
      }
    }
    assert.equal(await gateway.metric('sluice_kafka_broker_connections'), before + 2, 'one for each credentials')
    for (const client of clients) await client.close()
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
