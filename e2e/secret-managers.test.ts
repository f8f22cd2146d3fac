import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import {
  cleanUpAfter,
  connectPubSub,
  requireTool,
  sharedKafka,
  startEtcd,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { makeDocumentedTopic } from './support/documented-topic.ts'
import { kafkaRoute, listenerOf } from './support/routes.ts'
import { startHttp } from './support/start-http.ts'
import { waitFor } from './support/wait.ts'

const token = 'canary-vault-token-3b1f'

/** What answers as Vault's KV engine does, version 1 below `kv` and version 2 below `kv2/data`. */
async function startVault() {
  const secrets = new Map<string, Record<string, string>>()
  let isSealed = false
  const answer = ({ url = '', headers }: IncomingMessage): readonly [status: number, body: object] => {
    if (isSealed) return [503, { errors: ['Vault is sealed'] }]
    if (headers['x-vault-token'] !== token || headers['x-vault-namespace'] !== 'team')
      return [403, { errors: ['permission denied'] }]
    const [, version, path = ''] = /^\/v1\/(kv|kv2\/data)\/sluice\/(.+)$/.exec(url) ?? []
    const secret = secrets.get(path)
    if (secret === undefined) return [404, { errors: [] }]
    return [200, { data: version === 'kv' ? secret : { data: secret, metadata: { version: 1 } } }]
  }
  const { host, stop } = await startHttp((request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  return {
    uri: `http://${host}`,
    secrets,
    stop,
    seal(to: boolean) {
      isSealed = to
    },
  }
}

for (const workers of [1, 2]) {
  describe(`secrets in Vault, ${workers} worker${workers > 1 ? 's' : ''}`, () => {
    const topic = `vault-${workers}`
    let vault: Awaited<ReturnType<typeof startVault>>
    let gateway: TestGateway
    let password = ''
    let values: readonly string[] = []

    before(async () => {
      const kafka = await sharedKafka()
      values = await makeDocumentedTopic(topic)
      vault = await startVault()
      const [user] = kafka.users
      assert.ok(user)
      password = user.password
      vault.secrets.set('kafka', { username: user.username, password })
      vault.secrets.set('clients/jack', { key: 'the-first-key' })
      gateway = await startGateway({ workers, config: 'secrets: { refresh_seconds: 1 }', env: { VAULT_TOKEN: token } })
      for (const [id, prefix] of [
        ['1', 'kv/sluice'],
        ['2', 'kv2/data/sluice'],
      ]) {
        const manager = { uri: vault.uri, prefix, token: '$env://VAULT_TOKEN', namespace: 'team' }
        assert.equal((await gateway.admin('PUT', `/secrets/vault/${id}`, manager)).status, 201)
      }
      for (const id of ['1', '2']) {
        const sasl = {
          username: `$secret://vault/${id}/kafka/username`,
          password: `$secret://vault/${id}/kafka/password`,
        }
        const plugins = { 'key-auth': {}, 'kafka-proxy': { sasl } }
        const route = kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { uri: `/vault-${id}`, plugins })
        assert.equal((await gateway.admin('PUT', `/routes/${id}`, route)).status, 201)
      }
      const jack = { username: 'jack', plugins: { 'key-auth': { key: '$secret://vault/1/clients/jack/key' } } }
      assert.equal((await gateway.admin('PUT', '/consumers/jack', jack)).status, 201)
    })
    after(async () => {
      await gateway?.stop()
      vault?.stop()
    })

    const connect = (id: string, apikey: string) =>
      connectPubSub(`${gateway.socketUrl}/vault-${id}`, { headers: { apikey } })

    /** False where the key is refused. */
    const isOpened = async (id: string, apikey: string): Promise<boolean> => {
      try {
        await (await connect(id, apikey)).close()
        return true
      } catch (error) {
        assert.match(String(error), /401/)
        return false
      }
    }

    it('are used for brokers and for clients at once, with both versions of the engine', async () => {
      for (const id of ['1', '2']) {
        const client = await connect(id, 'the-first-key')
        const { kafka_fetch_resp } = await client.request({ cmd_kafka_fetch: { topic, partition: 0, offset: 0n } })
        assert.deepEqual(
          kafka_fetch_resp?.messages.map(({ value }) => String(value)),
          values,
        )
        await client.close()
      }
      assert.equal(await gateway.metric('sluice_secrets_unresolved'), 0)
      const shown = JSON.stringify((await gateway.admin('GET', '/routes/1')).body)
      assert.match(shown, /\$secret:\/\/vault\/1\/kafka\/password/)
    })

    it('are followed: a socket whose secret changes is closed, and the new one counts', async () => {
      const client = await connect('1', 'the-first-key')
      const closed = client.nextClose()
      vault.secrets.set('clients/jack', { key: 'the-second-key' })
      assert.equal((await closed).code, 1012)
      // Each worker exchanges its configuration in its own time, and handshakes go to whichever worker takes them.
      for (const [key, isTaken] of [
        ['the-first-key', false],
        ['the-second-key', true],
      ] as const) {
        await waitFor(
          `${key}: ${isTaken ? 'taken' : 'refused'} by every worker`,
          () => Promise.all(Array.from({ length: 4 * workers }, () => isOpened('1', key))),
          (opened) => opened.every((each) => each === isTaken),
        )
      }
    })

    it('are used where an operator has the upstream tested', async () => {
      const { status, body } = await gateway.admin('POST', `/routes/1/test?topic=${topic}`)
      assert.deepEqual([status, body.ok], [200, true], JSON.stringify(body))
    })

    it('serve on while Vault is sealed', async () => {
      vault.seal(true)
      await waitFor(
        'the log',
        async () => gateway.log.join('\n'),
        (text) => /"msg":"a secret cannot be read again: the value that was read before is used"/.test(text),
      )
      await (await connect('1', 'the-second-key')).close()
      vault.seal(false)
    })

    it('that are not there make their route answer with what is missing, and no reference as a secret', async () => {
      const kafka = await sharedKafka()
      const sasl = { username: 'u', password: '$secret://vault/1/later/password' }
      const plugins = { 'kafka-proxy': { sasl } }
      await gateway.admin(
        'PUT',
        '/routes/later',
        kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { uri: '/later', plugins }),
      )
      const answer = await fetch(`${gateway.dataUrl}/later`)
      assert.equal(answer.status, 500)
      assert.equal(await gateway.metric('sluice_secrets_unresolved'), 1)
      assert.ok(gateway.log.some((line) => /Vault answered 404: there is no such secret/.test(line)))
      vault.secrets.set('later', { password: 'any' })
      await waitFor(
        'the route',
        async () => (await fetch(`${gateway.dataUrl}/later`)).status,
        (status) => status !== 500,
      )
    })

    it('are in no log', () => {
      const log = gateway.log.join('\n')
      for (const secret of [token, 'the-first-key', 'the-second-key']) assert.ok(!log.includes(secret), secret)
    })
  })
}

const { skip } = requireTool('etcd')

describe('a gateway that serves no clients', { skip }, () => {
  it('reads secrets for the test of an upstream, and says why it cannot', async (t) => {
    const kafka = await sharedKafka()
    const { defer } = cleanUpAfter(t)
    const etcd = await startEtcd()
    defer(() => etcd.stop())
    const vault = await startVault()
    defer(() => vault.stop())
    const gateway = await startGateway({
      deployment: `  role: control_plane\n  etcd: { host: ${JSON.stringify(etcd.urls)} }`,
      env: { SLUICE_ENCRYPTION_KEY: `a:${randomBytes(32).toString('base64')}` },
    })
    defer(() => gateway.stop())
    const manager = { uri: vault.uri, prefix: 'kv/sluice', token, namespace: 'team' }
    await gateway.admin('PUT', '/secrets/vault/1', manager)
    const [user] = kafka.users
    assert.ok(user)
    const sasl = { username: user.username, password: '$secret://vault/1/kafka/password' }
    const route = kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { uri: '/k', plugins: { 'kafka-proxy': { sasl } } })
    assert.equal((await gateway.admin('PUT', '/routes/1', route)).status, 201)
    const missing = await gateway.admin('POST', '/routes/1/test')
    assert.equal(missing.status, 400)
    assert.match(String(missing.body.error_msg), /vault\/1\/kafka\/password.*404/)
    vault.secrets.set('kafka', { password: user.password })
    const found = await gateway.admin('POST', '/routes/1/test')
    assert.deepEqual([found.status, found.body.ok], [200, true], JSON.stringify(found.body))
  })
})
