import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  type Authority,
  type CertificateSet,
  connectPubSub,
  count,
  DEFAULT_USERS,
  type KafkaHandle,
  makeCertificates,
  oauthProperties,
  oauthSystemProperties,
  openAuthority,
  type PubSubClient,
  type PubSubResponse,
  readPem,
  startGateway,
  startKafka,
  startTokenServer,
  type TestGateway,
  type TokenServer,
} from '@sluice/testkit'
import { misbehaviours, startBadEndpoint } from './support/bad-endpoint.ts'
import { startTlsServer } from './support/openssl-server.ts'
import { type KafkaRoute, kafkaRoute, listenerOf, putRoute } from './support/routes.ts'
import { serveText } from './support/serve-text.ts'
import { waitFor } from './support/wait.ts'

const topic = 'behind-walls'
const secret = 'a client secret: %+&='
const lasting = { clientId: 'lasting', clientSecret: secret, ttl: 3600 }
const shortLived = { clientId: 'short-lived', clientSecret: secret, ttl: 4 }
/** Longer than a second, more often than which no broker authenticates a connection. */
const sessionMs = 3000

describe('authentication at a broker', () => {
  let folder: string
  let certificates: CertificateSet
  let authority: Authority
  let ca: string
  let tokens: TokenServer
  let kafka: KafkaHandle
  let gateway: TestGateway
  let routes = 0

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-authentication-'))
    certificates = await makeCertificates(join(folder, 'tls'))
    authority = await openAuthority(certificates)
    ca = await readPem(certificates.caFile)
    tokens = await startTokenServer({
      clients: [lasting, shortLived],
      cert: await readPem(certificates.certFile),
      key: await readPem(certificates.keyFile),
    })
    kafka = await startKafka({
      listeners: ['SSL', 'SASL_PLAINTEXT'],
      tls: certificates,
      properties: {
        ...oauthProperties(tokens),
        'connections.max.reauth.ms': String(sessionMs),
        'listener.name.ssl.ssl.client.auth': 'required',
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

  const put = (id: string, broker: string, options: Omit<KafkaRoute, 'uri'>): Promise<string> =>
    putRoute(gateway, id, kafkaRoute([broker], { ...options, uri: `/${id}` }))

  const connect = async (broker: string, options: Omit<KafkaRoute, 'uri'>, id = `way-${routes++}`) =>
    connectPubSub(await put(id, broker, options))

  const fetch = (client: PubSubClient): Promise<PubSubResponse> =>
    client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })

  /** Asks for the first message over a route of its own, or one that is there. */
  const ask = async (broker: string, options: Omit<KafkaRoute, 'uri'>, id?: string): Promise<PubSubResponse> => {
    const client = await connect(broker, options, id)
    const answer = await fetch(client)
    await client.close()
    return answer
  }
  const reads = (answer: PubSubResponse): void => {
    assert.equal(answer.error_resp?.message, undefined)
    assert.equal(Buffer.from(answer.kafka_fetch_resp?.messages[0]?.value ?? []).toString(), 'here')
  }
  const fails = (answer: PubSubResponse, code: number, text: string): void => {
    const message = `failed to fetch message, topic: ${topic}, partition: 0, err: ${text}`
    assert.deepEqual(answer.error_resp, { code, message })
  }
  const failsLike = ({ error_resp: error }: PubSubResponse, code: number, text: RegExp): void => {
    assert.match(error?.message ?? 'no error', text)
    assert.equal(error?.code, code)
  }

  describe('with SASL OAUTHBEARER', () => {
    const broker = () => listenerOf(kafka, 'saslPlaintext')
    const withToken = (oauth: object): Omit<KafkaRoute, 'uri'> => ({
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
        // On a busy machine a connection may miss its time, and is replaced.
        const replaced = (await dialled()) - dials
        assert.ok(replaced < amount / 10, `${replaced} connections were replaced`)
      }
      await Promise.all([watch(), ...clients.map(read)])
      assert.equal(await renewals('error'), failedBefore)
      assert.ok(fetches > amount)
      await Promise.all(clients.map((client) => client.close()))
    })
  })

  describe('with a client certificate', () => {
    const broker = () => listenerOf(kafka, 'ssl')
    const withCertificate = (certificate?: { readonly cert: string; readonly key: string }, tls: object = {}) => ({
      tls: {
        verify: true,
        ...(certificate === undefined ? {} : { client_cert: certificate.cert, client_key: certificate.key }),
      },
      plugins: { 'kafka-proxy': { tls: { ca, ...tls } } },
    })
    const ours = async (set = certificates) => ({
      cert: await readPem(set.clientCertFile),
      key: await readPem(set.clientKeyFile),
    })

    it('reads', async () => reads(await ask(broker(), withCertificate(await ours()))))

    it('says that one is missing, also while a connection with one is open', async () => {
      const open = await connect(broker(), withCertificate(await ours()))
      reads(await fetch(open))
      failsLike(
        await ask(broker(), withCertificate()),
        113,
        /err: broker 127\.0\.0\.1:\d+ wants a client certificate \(TLS alert \w+\): set upstream\.tls\.client_cert and client_key$/,
      )
      reads(await fetch(open))
      await open.close()
    })

    it('says that it has expired, and reads once the route has a new one', async () => {
      const [expired, fresh] = [await authority.issue('expired', { expired: true }), await authority.issue('fresh')]
      failsLike(
        await ask(broker(), withCertificate(expired), 'certificate'),
        113,
        /err: broker 127\.0\.0\.1:\d+ refused our certificate \(TLS alert \w+\), which expired at 2020-02-01T00:00:00\.000Z: set upstream\.tls\.client_cert and client_key to what the broker trusts$/,
      )
      reads(await ask(broker(), withCertificate(fresh), 'certificate'))
    })

    it('says that it is revoked, where the broker looks at lists of those that are', async (t) => {
      const list = await serveText()
      t.after(() => list.stop())
      const [revoked, fresh] = [
        await authority.issue('revoked', { crlUrl: list.url }),
        await authority.issue('not-revoked', { crlUrl: list.url }),
      ]
      list.set(await authority.revoke(revoked.file))
      const strict = await startKafka({
        listeners: ['SSL'],
        tls: certificates,
        properties: { 'listener.name.ssl.ssl.client.auth': 'required' },
        systemProperties: { 'com.sun.net.ssl.checkRevocation': 'true', 'com.sun.security.enableCRLDP': 'true' },
      })
      t.after(() => strict.stop())
      await strict.createTopic(topic)
      await (await strict.producer()).send(topic, [{ value: 'here', partition: 0 }])
      const at = listenerOf(strict, 'ssl')
      failsLike(
        await ask(at, withCertificate(revoked), 'revoked-client'),
        113,
        /err: broker 127\.0\.0\.1:\d+ refused our certificate \(TLS alert \w+\): set upstream\.tls\.client_cert and client_key to what the broker trusts$/,
      )
      reads(await ask(at, withCertificate(fresh), 'revoked-client'))
    })

    it('says that it is of a CA that the broker does not trust', async () => {
      const other = await makeCertificates(join(folder, 'other'))
      failsLike(
        await ask(broker(), withCertificate(await ours(other))),
        113,
        /err: broker 127\.0\.0\.1:\d+ refused our certificate \(TLS alert \w+\): set upstream\.tls/,
      )
    })

    it('says that the key is of another certificate', async () => {
      const [one, other] = [await ours(), await authority.issue('other')]
      failsLike(
        await ask(broker(), withCertificate({ cert: one.cert, key: other.key })),
        113,
        /err: TLS with broker 127\.0\.0\.1:\d+ is impossible: .*: check upstream\.tls\.client_cert and client_key$/,
      )
    })

    it("says that the broker's certificate is revoked, and reads with a list where it is not", async () => {
      const certificate = await ours()
      const clean = await authority.revoke()
      reads(await ask(broker(), withCertificate(certificate, { crl: clean }), 'revoked'))
      const crl = await authority.revoke(certificates.certFile)
      fails(
        await ask(broker(), withCertificate(certificate, { crl }), 'revoked'),
        113,
        `TLS with broker ${broker()} failed: certificate revoked (CERT_REVOKED): the broker's certificate is on the list of kafka-proxy tls.crl; give the broker a new one`,
      )
      reads(await ask(broker(), withCertificate(certificate, { crl: clean }), 'revoked'))
    })

    it('says that the CA of the brokers is another now, and reads once the route has it', async () => {
      const certificate = await ours()
      const open = await connect(broker(), withCertificate(certificate), 'rotated')
      reads(await fetch(open))
      const rotated = await makeCertificates(join(folder, 'rotated'))
      await copyFile(rotated.keyStore.file, certificates.keyStore.file)
      for (const each of kafka.brokers) await each.restart()
      failsLike(
        await fetch(open),
        113,
        /TLS with broker 127\.0\.0\.1:\d+ failed: .*: the broker's certificate is not trusted; give its CA in kafka-proxy tls\.ca or set upstream\.tls\.verify to false$/,
      )
      await open.close()
      const now = withCertificate(certificate, { ca: await readPem(rotated.caFile) })
      reads(await ask(broker(), now, 'rotated'))
    })

    it('refuses a broker that speaks nothing newer than TLS 1.1', async (t) => {
      const server = await startTlsServer(certificates, ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'])
      t.after(() => server.stop())
      const at = `127.0.0.1:${server.port}`
      failsLike(
        await ask(at, withCertificate()),
        113,
        /err: TLS with broker 127\.0\.0\.1:\d+ failed: .*: the broker offers no TLS 1\.2 or newer, and nothing older is spoken; set its ssl\.enabled\.protocols$/,
      )
    })
  })
})
