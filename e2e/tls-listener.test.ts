import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { connectPubSub, sharedKafka, startGateway, type TestGateway } from '@sluice/harness'
import { createSelfSigned, type SelfSigned } from '../packages/admin-api/test/support/self-signed.ts'
import { closed } from './support/closed.ts'
import { makeDocumentedTopic } from './support/documented-topic.ts'
import { createProbe } from './support/probe.ts'
import { kafkaRoute, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

for (const workers of [1, 2]) {
  describe(`clients over TLS, ${workers} worker${workers > 1 ? 's' : ''}`, () => {
    const topic = `tls-listener-${process.pid}-${workers}`
    let gateway: TestGateway
    let port: number
    const events = createSelfSigned('events.example')

    before(async () => {
      await makeDocumentedTopic(topic)
      const { plaintext = '' } = (await sharedKafka()).bootstrap
      gateway = await startGateway({ workers, apisix: '  ssl: { enable: true, listen: [{ ip: 127.0.0.1, port: 0 }] }' })
      const ready = JSON.parse(gateway.log.find((line) => line.includes('"msg":"ready"')) ?? '{}')
      port = Number(new URL(ready.dataUrls[1]).port)
      assert.equal(ready.dataUrls[1], `https://127.0.0.1:${port}`)
      await putRoute(gateway, 'tls', kafkaRoute(plaintext.split(','), { uri: '/tls' }))
      await putSsl('1', events, { sni: 'events.example' })
    })
    after(() => gateway?.stop())

    const putSsl = async (id: string, { cert, key }: SelfSigned, names: object): Promise<void> => {
      const { status, body } = await gateway.admin('PUT', `/ssls/${id}`, { ...names, cert, key })
      assert.ok(status === 200 || status === 201, JSON.stringify(body))
    }
    const { fetch } = createProbe(() => gateway, topic)
    const open = ({ cert }: SelfSigned, servername: string) =>
      connectPubSub(`wss://127.0.0.1:${port}/tls`, { tls: { ca: cert, servername } })
    const handshake = async (options: object): Promise<TLSSocket> => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
      await once(socket, 'secureConnect')
      return socket
    }
    const shownFor = async (servername: string): Promise<string> => {
      const socket = await handshake({ servername })
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      return String(subject.CN)
    }

    it('read Kafka, and know whom they speak to', async () => {
      const client = await open(events, 'events.example')
      const { error_resp, kafka_fetch_resp } = await fetch(client)
      assert.equal(error_resp, undefined)
      assert.ok((kafka_fetch_resp?.messages.length ?? 0) > 0)
      await client.close()
    })

    it('are refused where they ask for no name, or one without a certificate', async () => {
      for (const options of [{ servername: 'other.example' }, { servername: '' }, { servername: 'a.events.example' }])
        await assert.rejects(handshake(options), /handshake failure|alert/)
      assert.ok((await gateway.metric('sluice_tls_handshakes_failed_total')) >= 1)
    })

    it('are shown the certificate of a wildcard, and of TLS 1.2 or newer', async () => {
      await putSsl('wild', createSelfSigned('wildcard'), { snis: ['*.wild.example'], ssl_protocols: ['TLSv1.3'] })
      assert.equal(await shownFor('any.wild.example'), 'wildcard')
      const servername = 'any.wild.example'
      const options = { host: '127.0.0.1', port, servername, rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const
      const refused = connectTls(options)
      await closed(refused)
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
      await assert.rejects(handshake({ servername: 'events.example', ...old }), /protocol|alert/)
    })

    it('are shown a new certificate at once, while those who are there stay', async () => {
      await putSsl('2', createSelfSigned('first'), { sni: 'swap.example' })
      const first = createSelfSigned('swap.example')
      await putSsl('2', first, { sni: 'swap.example' })
      const client = await open(first, 'swap.example')
      await putSsl('2', createSelfSigned('second'), { sni: 'swap.example' })
      assert.equal(await shownFor('swap.example'), 'second')
      await client.ping(Buffer.from('still here'))
      assert.equal((await gateway.admin('DELETE', '/ssls/2')).status, 200)
      await assert.rejects(shownFor('swap.example'), /handshake failure|alert/)
      await client.ping(Buffer.from('and still'))
      await client.close()
    })

    it('are not let in by a certificate that asks for theirs, which is told', async () => {
      const ca = createSelfSigned('clients')
      await putSsl('mutual', createSelfSigned('mutual'), { sni: 'mutual.example', client: { ca: ca.cert } })
      await assert.rejects(shownFor('mutual.example'), /handshake failure|alert/)
      await waitFor(
        'the log',
        async () => gateway.log.join('\n'),
        (text) => text.includes('SSL_CLIENT_CERTIFICATES'),
      )
    })

    it('who never say anything do not hold up the end', async () => {
      const silent = connectTcp(port, '127.0.0.1')
      await once(silent, 'connect')
      const gone = closed(silent)
      assert.equal(await gateway.stop(), 0)
      await gone
      // An end that waits for handshakes has them time out.
      assert.doesNotMatch(gateway.log.join('\n'), /HANDSHAKE_TIMEOUT/)
    })
  })
}
