import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  type CertificateSet,
  count,
  DEFAULT_USERS,
  type KafkaHandle,
  makeCertificates,
  oauthProperties,
  oauthSystemProperties,
  type PubSubClient,
  readPem,
  setPassword,
  startGateway,
  startKafka,
  startTokenServer,
  type TestGateway,
  type TokenServer,
} from '@sluice/harness'
import { misbehaviours, startBadEndpoint } from './support/bad-endpoint.ts'
import { createProbe, type RouteOptions } from './support/probe.ts'
import { listenerOf } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const topic = 'behind-walls'
const secret = 'a client secret: %+&='
const lasting = { clientId: 'lasting', clientSecret: secret, ttl: 3600 }
const shortLived = { clientId: 'short-lived', clientSecret: secret, ttl: 4 }
/** Longer than a second, more often than which no broker authenticates a connection. */
const sessionMs = 4000

describe('authentication at a broker', () => {
  let folder: string
  let certificates: CertificateSet
  let ca: string
  let tokens: TokenServer
  let kafka: KafkaHandle
  let gateway: TestGateway

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-authentication-'))
    certificates = await makeCertificates(join(folder, 'tls'))
    ca = await readPem(certificates.caFile)
    tokens = await startTokenServer({
      clients: [lasting, shortLived],
      cert: await readPem(certificates.certFile),
      key: await readPem(certificates.keyFile),
    })
    kafka = await startKafka({
      listeners: ['SASL_PLAINTEXT'],
      properties: {
        ...oauthProperties(tokens),
        'connections.max.reauth.ms': String(sessionMs),
      },
      systemProperties: oauthSystemProperties(tokens),
    })
    gateway = await startGateway()
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'here', partition: 0 }])
  })
  after(async () => {
    await gateway?.stop()
    await Promise.all([kafka?.stop(), tokens?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  const { connect, fetch, ask, reads, fails, failsLike } = createProbe(() => gateway, topic)

  describe('with SASL OAUTHBEARER', () => {
    const broker = () => listenerOf(kafka, 'saslPlaintext')
    const withToken = (oauth: object): RouteOptions => ({
      plugins: { 'kafka-proxy': { sasl: { mechanism: 'OAUTHBEARER', oauth } } },
      kafka: { command_timeout_ms: 3000 },
    })
    const withClient = ({ clientId, clientSecret } = lasting, more: object = {}) =>
      withToken({ token_url: tokens.tokenUrl, client_id: clientId, client_secret: clientSecret, ca, ...more })

    it('reads with a token of the endpoint, asked for once by all who need it', async () => {
      const before = tokens.requests
      const options = withClient(lasting, { scope: 'kafka', extensions: { logicalCluster: 'one' } })
      const clients = await Promise.all(['a', 'b', 'c'].map((id) => connect(broker(), options, `same-${id}`)))
      for (const answer of await Promise.all(clients.map(fetch))) reads(answer)
      assert.equal(tokens.requests, before + 1)
      await Promise.all(clients.map((client) => client.close()))
    })

    it('reads with a token of an endpoint without TLS, and warns of it', async () => {
      reads(await ask(broker(), withClient(lasting, { token_url: tokens.plainTokenUrl, ca: undefined })))
      assert.ok(gateway.log.some((line) => line.includes('sends the client secret readable')))
    })

    it('reads with a token of the route', async () => {
      reads(await ask(broker(), withToken({ token: tokens.sign({}) })))
    })

    it('says that the client secret is wrong, and never shows one', async () => {
      const answer = await ask(broker(), withClient({ ...lasting, clientSecret: 'not-the-one' }))
      fails(
        answer,
        125,
        `no token for SASL OAUTHBEARER from ${new URL(tokens.tokenUrl).host}: HTTP 401, invalid_client, client authentication failed: check sasl.oauth.client_id and sasl.oauth.client_secret of plugin kafka-proxy`,
      )
      assert.ok(!gateway.log.some((line) => line.includes('not-the-one') || line.includes(secret)))
    })

    it('says that the endpoint is another', async () => {
      const url = tokens.plainTokenUrl.replace(/token$/, 'nowhere')
      fails(
        await ask(broker(), withClient(lasting, { token_url: url })),
        125,
        `no token for SASL OAUTHBEARER from ${new URL(url).host}: HTTP 404: check sasl.oauth.token_url of plugin kafka-proxy`,
      )
    })

    it("says that the endpoint's certificate is not trusted", async () => {
      const otherCa = await readPem(certificates.otherCaFile)
      failsLike(
        await ask(broker(), withClient(lasting, { ca: otherCa })),
        125,
        /no token for SASL OAUTHBEARER from 127\.0\.0\.1:\d+: .*: its certificate is not trusted, give its CA in sasl\.oauth\.ca$/,
      )
    })

    for (const [name, misbehave, text] of [
      ['sends without end', misbehaviours.pour, 'its answer has more than 65536 bytes'],
      ['never answers', misbehaviours.keepSilent, 'no answer within 1000 ms'],
      ['breaks off', misbehaviours.breakOff, 'aborted (ECONNRESET)'],
    ] as const) {
      it(`says that the endpoint ${name}`, async (t) => {
        const endpoint = await startBadEndpoint(misbehave)
        t.after(() => endpoint.stop())
        const options = withClient(lasting, { token_url: `http://${endpoint.host}/token` })
        fails(
          await ask(broker(), { ...options, timeout: { connect: 1, send: 60, read: 60 } }),
          125,
          `no token for SASL OAUTHBEARER from ${endpoint.host}: ${text}`,
        )
      })
    }

    it('says that the token of the route has expired, and reads once the route has a new one', async () => {
      const exp = Math.floor(Date.now() / 1000) - 60
      fails(
        await ask(broker(), withToken({ token: tokens.sign({ exp }) }), 'expired'),
        116,
        `SASL authentication with broker ${broker()} failed (mechanism OAUTHBEARER): {"status":"invalid_token"} (the broker refuses the token: status invalid_token; the token expired at ${new Date(exp * 1000).toISOString()}: set a new sasl.oauth.token of plugin kafka-proxy)`,
      )
      reads(await ask(broker(), withToken({ token: tokens.sign({}) }), 'expired'))
    })

    it('never lends the connection of one token to another', async () => {
      const open = await connect(broker(), withToken({ token: tokens.sign({ sub: 'one' }) }))
      reads(await fetch(open))
      failsLike(
        await ask(broker(), withToken({ token: tokens.sign({ aud: 'https://elsewhere.test' }) })),
        116,
        /the broker refuses the token: status invalid_token/,
      )
      reads(await fetch(open))
      await open.close()
    })

    it('goes on when the endpoint was down for longer than a token lives', async (t) => {
      t.after(() => tokens.setUp(true))
      const client = await connect(broker(), withClient(shortLived))
      reads(await fetch(client))
      await tokens.setUp(false)
      const { error_resp: error } = await waitFor(
        'an answer without token',
        () => fetch(client),
        (answer) => answer.error_resp !== undefined,
      )
      assert.match(
        error?.message ?? '',
        /no token for SASL OAUTHBEARER from 127\.0\.0\.1:\d+: connect ECONNREFUSED 127\.0\.0\.1:\d+/,
      )
      // One that never had a token.
      const late = await connect(broker(), withClient(shortLived, { scope: 'kafka' }))
      failsLike(await fetch(late), 125, /no token for SASL OAUTHBEARER from 127\.0\.0\.1:\d+: connect ECONNREFUSED/)
      await tokens.setUp(true)
      for (const each of [client, late]) {
        reads(
          await waitFor(
            'an answer with records',
            () => fetch(each),
            (answer) => answer.error_resp === undefined,
          ),
        )
        await each.close()
      }
    })

    it('authenticates again on the same connections, and no fetch fails', async () => {
      const [user = { username: '', password: '' }] = DEFAULT_USERS
      const amount = count(100, 400)
      const renewals = (result: string) => gateway.metric(`sluice_kafka_reauthentications_total{result="${result}"}`)
      const [before, failedBefore] = [await renewals('ok'), await renewals('error')]
      // A route of its own tells each connection from the others.
      const clients = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const kafkaOptions = { kafka: { command_timeout_ms: 10_000 + index } }
          const password = (mechanism: string) => ({ plugins: { 'kafka-proxy': { sasl: { mechanism, ...user } } } })
          const ways = [password('PLAIN'), password('SCRAM-SHA-256'), withClient()]
          return connect(broker(), { ...ways[index % ways.length], ...kafkaOptions })
        }),
      )
      let renewed = 0
      let fetches = 0
      const read = async (client: PubSubClient): Promise<void> => {
        while (renewed < amount) {
          reads(await fetch(client))
          // Waits at the broker, on a connection of its own.
          const end = { topic, partition: 0, offset: 1n, max_wait_ms: 50 }
          const answer = await client.request({ cmd_kafka_fetch: end })
          assert.deepEqual(answer.kafka_fetch_resp?.messages, [], answer.error_resp?.message ?? 'an empty answer')
          fetches += 2
        }
      }
      const watch = async (): Promise<void> => {
        const dialled = async () => gateway.metric('sluice_upstream_dials_total')
        await waitFor(
          'connections',
          () => gateway.metric('sluice_kafka_broker_connections'),
          (open) => open >= 2 * clients.length,
        )
        const dials = await dialled()
        renewed = await waitFor(
          'authentications',
          async () => (await renewals('ok')) - before,
          (done) => done >= amount,
        )
        // One that waits at the broker, or on a busy machine, for longer than what is left of its session is replaced.
        const replaced = (await dialled()) - dials
        assert.ok(replaced < renewed, `${replaced} connections were replaced, ${renewed} authenticated again`)
      }
      await Promise.all([watch(), ...clients.map(read)])
      assert.equal(await renewals('error'), failedBefore)
      assert.ok(fetches > amount)
      await Promise.all(clients.map((client) => client.close()))
    })
  })

  it('says that the password is another at the broker, and reads once the route has it too', async () => {
    const broker = listenerOf(kafka, 'saslPlaintext')
    const username = 'of-many-passwords'
    const withPassword = (password: string): RouteOptions => ({
      plugins: { 'kafka-proxy': { sasl: { mechanism: 'SCRAM-SHA-512', username, password } } },
    })
    const change = (password: string) => setPassword(kafka.bootstrap.internal, { username, password })
    const failures = () => gateway.metric('sluice_kafka_reauthentications_total{result="error"}')
    const failedBefore = await failures()
    const fetchUntil = (what: string, client: PubSubClient, isIt: (failed: boolean) => boolean) =>
      waitFor(
        what,
        () => fetch(client),
        (answer) => isIt(answer.error_resp !== undefined),
      )

    await change('the old one')
    const open = await connect(broker, withPassword('the old one'), 'password')
    reads(await fetchUntil('records by the old password', open, (failed) => !failed))
    await change('the new one')
    // Nothing but the end of the session tells the broker to ask again.
    fails(
      await fetchUntil('a refusal', open, (failed) => failed),
      116,
      `SASL authentication with broker ${broker} failed (mechanism SCRAM-SHA-512): Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512`,
    )
    assert.ok((await failures()) > failedBefore)
    const next = await connect(broker, withPassword('the new one'), 'password')
    reads(await fetch(next))
    await Promise.all([open.close(), next.close()])
    assert.ok(!gateway.log.some((line) => /the (old|new) one/.test(line)))
  })
})
