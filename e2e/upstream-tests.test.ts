import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  choosePorts,
  DEFAULT_USERS,
  type KafkaHandle,
  makeCertificates,
  readPem,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { type AdminDocument, openAdminDocument } from './support/admin-document.ts'
import { kafkaRoute, listenerOf } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

interface Step {
  readonly step: string
  readonly ok: boolean
  readonly duration_ms: number
  readonly error?: { readonly code: string; readonly message: string }
  readonly mechanism?: string
  readonly mechanisms?: readonly string[]
  readonly partitions?: number
  readonly addresses?: readonly string[]
  readonly trusted?: boolean
  readonly certificate?: Readonly<Record<string, string>>
}

interface Tested {
  readonly ok: boolean
  readonly nodes: readonly { readonly node: string; readonly ok: boolean; readonly steps: readonly Step[] }[]
}

const [user, other] = DEFAULT_USERS
const open = 'open-to-all'
const closed = 'closed-to-one'

/** A broker with every kind of listener that asks who may read. */
describe('tests of upstreams', () => {
  let folder: string
  let ca: string
  let serverCertificate: X509Certificate
  let kafka: KafkaHandle
  let gateway: TestGateway
  let silent: Server
  let document: AdminDocument

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-upstream-tests-'))
    const tls = await makeCertificates(join(folder, 'tls'))
    ca = await readPem(tls.caFile)
    serverCertificate = new X509Certificate(await readPem(tls.certFile))
    kafka = await startKafka({
      listeners: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
      tls,
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    })
    gateway = await startGateway()
    document = await openAdminDocument(gateway)
    await Promise.all([open, closed].map((topic) => kafka.createTopic(topic, { partitions: 3 })))
    await kafka.allowReading(open, user?.username ?? '')
    silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
  })
  after(async () => {
    await gateway?.stop()
    await kafka?.stop()
    silent?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const post = async (path: string, body?: object, query: Readonly<Record<string, string>> = {}): Promise<Tested> => {
    // Long enough for a machine that is busy, unless the deadline is what it is about.
    const parameters = new URLSearchParams({ timeout_ms: '30000', ...query })
    const { status, body: answer } = await gateway.admin('POST', `${path}?${parameters}`, body)
    assert.equal(status, 200, JSON.stringify(answer))
    document.check(document.pathOf(`/apisix/admin${path}`), 'POST', status, answer)
    return JSON.parse(JSON.stringify(answer))
  }
  const upstream = (node: string, more: object = {}) => ({
    type: 'none',
    scheme: 'kafka',
    nodes: { [node]: 1 },
    ...more,
  })
  const stepsOf = ({ nodes: [node] }: Tested): readonly Step[] => node?.steps ?? []
  const names = (tested: Tested): readonly string[] => stepsOf(tested).map(({ step }) => step)
  const lastOf = (tested: Tested): Step => {
    const step = stepsOf(tested).at(-1)
    assert.ok(step)
    return step
  }
  const failsAt = (tested: Tested, step: string, code: string, text: RegExp): Step => {
    const last = lastOf(tested)
    assert.deepEqual([tested.ok, last.step, last.ok, last.error?.code], [false, step, false, code])
    assert.match(last.error?.message ?? '', text)
    return last
  }
  /** Tests the route to a listener with these credentials. */
  const testRoute = async (
    listener: 'saslPlaintext' | 'saslSsl',
    sasl: object,
    { topic, tls }: { readonly topic?: string; readonly tls?: object } = {},
  ): Promise<Tested> => {
    const route = kafkaRoute([listenerOf(kafka, listener)], {
      plugins: { 'kafka-proxy': { sasl, tls: { ca } } },
      ...(tls && { tls }),
    })
    assert.ok((await gateway.admin('PUT', '/routes/tested', { ...route, status: 0 })).status < 300)
    return post('/routes/tested/test', undefined, topic === undefined ? {} : { topic })
  }

  it('gets to a topic without TLS and SASL, of an upstream that is nowhere stored', async () => {
    const node = listenerOf(kafka, 'plaintext')
    const tested = await post('/upstreams/test', upstream(node), { topic: open })
    assert.equal(tested.ok, true)
    assert.deepEqual(names(tested), ['tcp', 'api_versions', 'sasl', 'topic'])
    assert.equal(lastOf(tested).partitions, 3)
    assert.equal(tested.nodes[0]?.node, node)
    for (const { duration_ms: ms } of stepsOf(tested)) assert.ok(ms >= 0)
    const { body } = await gateway.admin('GET', '/upstreams')
    assert.equal(body.total, 0)
  })

  it('gets no further than to log in without a topic, and says what a name leads to', async () => {
    const [, port] = listenerOf(kafka, 'plaintext').split(':')
    const tested = await post('/upstreams/test', upstream(`localhost:${port}`))
    assert.deepEqual(names(tested), ['dns', 'tcp', 'api_versions', 'sasl'])
    assert.ok(stepsOf(tested)[0]?.addresses?.includes('127.0.0.1'))
  })

  it('shows the certificate of a broker, trusted or not', async () => {
    const node = listenerOf(kafka, 'ssl')
    const given = { subject: serverCertificate.subject, valid_to: serverCertificate.validToDate.toISOString() }
    const shown = ({ certificate: { subject, valid_to } = {} }: Step) => ({ subject, valid_to })

    const unchecked = await post('/upstreams/test', upstream(node, { tls: {} }))
    assert.deepEqual(names(unchecked), ['tcp', 'tls', 'api_versions', 'sasl'])
    const [, step] = stepsOf(unchecked)
    assert.ok(step)
    assert.deepEqual([unchecked.ok, step.trusted], [true, false])
    assert.deepEqual(shown(step), given)
    assert.ok(step.certificate?.issuer)

    const checked = await post('/upstreams/test', upstream(node, { tls: { verify: true } }))
    const failed = failsAt(checked, 'tls', 'KAFKA_TLS_FAILED', /is not trusted; give its CA in kafka-proxy tls\.ca/)
    assert.deepEqual(shown(failed), given)
  })

  it('says that a port speaks TLS, or does not', async () => {
    const plain = await post('/upstreams/test', upstream(listenerOf(kafka, 'plaintext'), { tls: {} }))
    failsAt(plain, 'tls', 'KAFKA_PLAINTEXT_EXPECTED', /does not speak TLS on this port/)
    const tls = await post('/upstreams/test', upstream(listenerOf(kafka, 'ssl')))
    failsAt(tls, 'api_versions', 'KAFKA_TLS_EXPECTED', /TLS/)
  })

  it('logs in with the credentials of a route that is switched off, over TLS, and finds that it may read', async () => {
    const sasl = { mechanism: 'SCRAM-SHA-512', ...user }
    const tested = await waitFor(
      'the broker to know of the right to read',
      () => testRoute('saslSsl', sasl, { topic: open, tls: { verify: true } }),
      ({ ok }) => ok,
    )
    assert.deepEqual([tested.ok, names(tested)], [true, ['tcp', 'tls', 'api_versions', 'sasl', 'topic']])
    const [, tls, , login] = stepsOf(tested)
    assert.equal(tls?.trusted, true)
    assert.equal(login?.mechanism, 'SCRAM-SHA-512')
    assert.ok(login?.mechanisms?.includes('PLAIN'))
  })

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
    it(`says that the broker refuses a password by ${mechanism}, and never shows it`, async () => {
      const password = 'not-the-one-of-it'
      const tested = await testRoute('saslPlaintext', { mechanism, username: user?.username, password })
      const { mechanisms } = failsAt(tested, 'sasl', 'KAFKA_SASL_FAILED', /SASL authentication with broker .* failed/)
      assert.ok(mechanisms?.includes(mechanism))
      assert.ok(!JSON.stringify(tested).includes(password))
      assert.ok(!gateway.log.some((line) => line.includes(password)))
    })
  }

  it('says that a broker wants credentials, and which it takes', async () => {
    const tested = await post('/upstreams/test', upstream(listenerOf(kafka, 'saslPlaintext')))
    const { mechanisms } = failsAt(tested, 'sasl', 'KAFKA_SASL_FAILED', /wants SASL.*offered are .*SCRAM-SHA-256/)
    assert.ok(mechanisms?.includes('PLAIN'))
  })

  it('says that a user may not read a topic, and that there is none', async () => {
    failsAt(
      await testRoute('saslPlaintext', { ...other }, { topic: closed }),
      'topic',
      'KAFKA_TOPIC_AUTHORIZATION_FAILED',
      /may not read topic closed-to-one/,
    )
    failsAt(
      await post('/upstreams/test', upstream(listenerOf(kafka, 'plaintext')), { topic: 'no-such-topic' }),
      'topic',
      'KAFKA_TOPIC_NOT_FOUND',
      /topic no-such-topic does not exist/,
    )
  })

  it('tells of each node of a stored upstream what became of it', async () => {
    const [port = 0] = await choosePorts(1)
    const good = listenerOf(kafka, 'plaintext')
    const nodes = { [good]: 1, [`127.0.0.1:${port}`]: 1, 'no-such-host.invalid:9092': 1 }
    assert.equal((await gateway.admin('PUT', '/upstreams/mixed', { type: 'none', scheme: 'kafka', nodes })).status, 201)
    const tested = await post('/upstreams/mixed/test')
    assert.equal(tested.ok, false)
    const found = tested.nodes.map(({ ok, steps }) => [ok, steps.at(-1)?.step, steps.at(-1)?.error?.code])
    assert.deepEqual(found, [
      [true, 'sasl', undefined],
      [false, 'tcp', 'KAFKA_CONNECT_FAILED'],
      [false, 'dns', 'KAFKA_DNS_FAILED'],
    ])
  })

  it('gives a broker that never answers up at the deadline', async () => {
    const address = silent.address()
    assert.ok(typeof address === 'object' && address !== null)
    const node = `127.0.0.1:${address.port}`
    const deadline = { timeout_ms: '2000' }
    const [mute, muteTls] = await Promise.all([
      post('/upstreams/test', upstream(node), deadline),
      post('/upstreams/test', upstream(node, { tls: {} }), deadline),
    ])
    failsAt(mute, 'api_versions', 'KAFKA_TIMEOUT', /no answer within \d+ ms/)
    failsAt(muteTls, 'tls', 'KAFKA_CONNECT_TIMEOUT', /no TLS handshake .* within 2000 ms/)
  })
})
