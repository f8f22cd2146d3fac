import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  DEFAULT_USERS,
  type KafkaHandle,
  type PubSubClient,
  startGateway,
  startKafka,
  type TestGateway,
  UpgradeRefused,
} from '@sluice/harness'
import { createProbe } from './support/probe.ts'
import { kafkaRoute, listenerOf, putRoute } from './support/routes.ts'

const topic = 'for-consumers'
const [user] = DEFAULT_USERS
const right = { sasl: { username: user?.username, password: user?.password } }
const wrong = { sasl: { username: 'sluice', password: 'not this' } }

/** Routes that ask for a key, on the way to a Kafka that asks for a password. */
describe('consumers', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let url: string

  before(async () => {
    kafka = await startKafka({ listeners: ['SASL_PLAINTEXT'] })
    gateway = await startGateway({ workers: 2, env: { ANNS_KEY: 'the key of ann' } })
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'here', partition: 0 }])
    url = await routeTo('keyed', { 'key-auth': {}, 'kafka-proxy': wrong })
    await put('/consumer_groups/readers', { plugins: { 'kafka-proxy': right } })
    await put('/consumers', { username: 'jack', group_id: 'readers', plugins: { 'key-auth': { key: 'jacks-key' } } })
  })
  after(async () => {
    await gateway?.stop()
    await kafka?.stop()
  })

  const { fetch, reads, failsLike } = createProbe(() => gateway, topic)
  const put = async (path: string, body: object): Promise<void> => {
    const { status, body: answer } = await gateway.admin('PUT', path, body)
    assert.ok(status === 200 || status === 201, `PUT ${path}: ${status} ${JSON.stringify(answer)}`)
  }
  const routeTo = (id: string, plugins: Record<string, object>): Promise<string> =>
    putRoute(gateway, id, kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { uri: `/${id}`, plugins }))
  const connect = (key: string): Promise<PubSubClient> => connectPubSub(url, { headers: { apikey: key } })
  const refused = async (connecting: Promise<PubSubClient>, status: number): Promise<UpgradeRefused> => {
    const error = await connecting.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof UpgradeRefused)
    assert.equal(error.status, status)
    return error
  }

  it('pass with their key, in the header or in the query, and read with the credentials of their group', async () => {
    for (const client of [await connect('jacks-key'), await connectPubSub(`${url}?apikey=jacks-key`)])
      reads(await fetch(client))
  })

  it('are refused before the WebSocket without a key, or with another', async () => {
    const missing = await refused(connectPubSub(url), 401)
    assert.deepEqual(JSON.parse(missing.body), { error_msg: 'Missing API key in request', code: 'KEY_AUTH_MISSING' })
    assert.equal(missing.headers['www-authenticate'], 'apikey realm="key"')
    const invalid = await refused(connect('another'), 401)
    assert.deepEqual(JSON.parse(invalid.body), { error_msg: 'Invalid API key in request', code: 'KEY_AUTH_INVALID' })
    const { status } = await globalThis.fetch(url.replace('ws:', 'http:'))
    assert.equal(status, 401)
  })

  it('bring plugins of their own, which are over those of the group', async () => {
    const plugins = { 'key-auth': { key: 'johns-key' }, 'kafka-proxy': wrong }
    await put('/consumers', { username: 'john', group_id: 'readers', plugins })
    failsLike(await fetch(await connect('johns-key')), 116, /Authentication failed|SASL/)
  })

  it('have credentials, whose sockets close when they are taken away; others stay', async () => {
    await put('/consumers/jack/credentials/phone', { plugins: { 'key-auth': { key: 'phone-key' } } })
    const [phone, laptop] = [await connect('phone-key'), await connect('jacks-key')]
    reads(await fetch(phone))
    const closed = phone.nextClose()
    assert.equal((await gateway.admin('DELETE', '/consumers/jack/credentials/phone')).status, 200)
    assert.equal((await closed).code, 1012)
    await refused(connect('phone-key'), 401)
    reads(await fetch(laptop))
  })

  it('may have keys that stand in the environment', async () => {
    await put('/consumers', {
      username: 'ann',
      group_id: 'readers',
      plugins: { 'key-auth': { key: '$env://ANNS_KEY' } },
    })
    reads(await fetch(await connect('the key of ann')))
  })

  it('are answered 503 while their group is gone, and the sockets they had are closed', async () => {
    await put('/consumer_groups/short', { plugins: { 'kafka-proxy': right } })
    await put('/consumers', { username: 'joan', group_id: 'short', plugins: { 'key-auth': { key: 'joans-key' } } })
    const client = await connect('joans-key')
    reads(await fetch(client))
    const closed = client.nextClose()
    assert.equal((await gateway.admin('DELETE', '/consumer_groups/short?force=true')).status, 200)
    assert.equal((await closed).code, 1012)
    const { body } = await refused(connect('joans-key'), 503)
    assert.equal(JSON.parse(body).code, 'CONSUMER_GROUP_MISSING')
  })

  it('may be one for all who do not say who they are; a refusal may have a body of its own', async () => {
    const open = await routeTo('open', { 'key-auth': { anonymous_consumer: 'jack' } })
    reads(await fetch(await connectPubSub(open)))
    const told = { message: 'ask the platform team for a key' }
    const closed = await routeTo('told', { 'key-auth': { _meta: { error_response: told } } })
    const { body } = await refused(connectPubSub(closed), 401)
    assert.deepEqual(JSON.parse(body), told)
  })

  it('are asked for their key by a global rule too', async () => {
    const ruled = await routeTo('ruled', {})
    await put('/global_rules/keys', { plugins: { 'key-auth': {} } })
    await refused(connectPubSub(ruled), 401)
    reads(await fetch(await connectPubSub(ruled, { headers: { apikey: 'jacks-key' } })))
    assert.equal((await gateway.admin('DELETE', '/global_rules/keys')).status, 200)
  })
})
