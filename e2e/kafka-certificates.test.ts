import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  type Authority,
  type CertificateSet,
  type KafkaHandle,
  makeCertificates,
  openAuthority,
  readPem,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { startTlsServer } from './support/openssl-server.ts'
import { createProbe } from './support/probe.ts'
import { listenerOf } from './support/routes.ts'
import { serveText } from './support/serve-text.ts'

const topic = 'behind-certificates'

describe('certificates of brokers and gateway', () => {
  let folder: string
  let certificates: CertificateSet
  let authority: Authority
  let ca: string
  let kafka: KafkaHandle
  let gateway: TestGateway

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-certificates-'))
    certificates = await makeCertificates(join(folder, 'tls'))
    authority = await openAuthority(certificates)
    ca = await readPem(certificates.caFile)
    kafka = await startKafka({
      listeners: ['SSL'],
      tls: certificates,
      properties: { 'listener.name.ssl.ssl.client.auth': 'required' },
    })
    gateway = await startGateway()
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'here', partition: 0 }])
  })
  after(async () => {
    await gateway?.stop()
    await kafka?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const { connect, fetch, ask, reads, fails, failsLike } = createProbe(() => gateway, topic)
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

  it('reads with one that stands among the ssls, and anew when that is replaced', async () => {
    const put = ({ cert, key }: { readonly cert: string; readonly key: string }) =>
      gateway.admin('PUT', '/ssls/of-client', { type: 'client', cert, key })
    assert.equal((await put(await ours())).status, 201)
    const byId = { ...withCertificate(), tls: { verify: true, client_cert_id: 'of-client' } }
    const open = await connect(broker(), byId, 'by-id')
    reads(await fetch(open))
    const closed = open.nextClose()
    assert.equal((await put(await authority.issue('by-id'))).status, 200)
    assert.equal((await closed).code, 1012)
    reads(await ask(broker(), byId, 'by-id'))
  })

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
