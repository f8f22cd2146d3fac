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
} from '@sluice/harness'
import { createProbe } from './support/probe.ts'
import { kafkaRoute, listenerOf, putRoute } from './support/routes.ts'

const topic = 'behind-a-password'
const [user] = DEFAULT_USERS
const right = { 'kafka-proxy': { sasl: { username: user?.username, password: user?.password } } }
const wrong = { 'kafka-proxy': { sasl: { username: 'sluice', password: 'not this' } } }

/** Plugins that routes share, on the way to a Kafka that asks for a password. */
describe('plugins of services, plugin configs and global rules', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let broker: string

  before(async () => {
    kafka = await startKafka({ listeners: ['SASL_PLAINTEXT'] })
    broker = listenerOf(kafka, 'saslPlaintext')
    gateway = await startGateway({ env: { BROKER_PASSWORD: user?.password ?? '' } })
    await kafka.createTopic(topic)
    await (await kafka.producer()).send(topic, [{ value: 'here', partition: 0 }])
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
  const connect = async (id: string, more: object): Promise<PubSubClient> =>
    connectPubSub(await putRoute(gateway, id, { ...kafkaRoute([broker], { uri: `/${id}` }), ...more }))
  const refused = /Authentication failed|SASL/

  it('a plugin config is over the service, and the route over both', async () => {
    await put('/services/wrong', { plugins: wrong })
    await put('/plugin_configs/right', { plugins: right })
    failsLike(await fetch(await connect('of-service', { service_id: 'wrong' })), 116, refused)
    const client = await connect('of-config', { service_id: 'wrong', plugin_config_id: 'right' })
    reads(await fetch(client))
    const own = await connect('of-route', { plugins: wrong, plugin_config_id: 'right' })
    failsLike(await fetch(own), 116, refused)
    const closed = client.nextClose()
    await put('/plugin_configs/right', { plugins: wrong })
    assert.equal((await closed).code, 1012)
    failsLike(await fetch(await connect('of-config', { plugin_config_id: 'right' })), 116, refused)
  })

  it('a password may stand in the environment of the gateway, and is not shown', async () => {
    const sasl = { username: user?.username, password: '$env://BROKER_PASSWORD' }
    await put('/plugin_configs/outside', { plugins: { 'kafka-proxy': { sasl } } })
    reads(await fetch(await connect('outside', { plugin_config_id: 'outside' })))
    const { body } = await gateway.admin('GET', '/plugin_configs/outside')
    assert.match(JSON.stringify(body), /"password":"\$env:\/\/BROKER_PASSWORD"/)
    await put('/plugin_configs/outside', {
      plugins: { 'kafka-proxy': { sasl: { ...sasl, password: '$env://NOBODY' } } },
    })
    const response = await globalThis.fetch(`${gateway.socketUrl.replace('ws', 'http')}/outside`)
    assert.equal(response.status, 500)
    assert.match(await response.text(), /SECRET_REFERENCE_UNRESOLVED/)
  })

  it('one that is gone is a clear error, and another description closes nothing', async () => {
    await put('/plugin_configs/described', { plugins: right })
    const client = await connect('described', { plugin_config_id: 'described' })
    await put('/plugin_configs/described', { desc: 'another', plugins: right })
    reads(await fetch(client))
    const inUse = await gateway.admin('DELETE', '/plugin_configs/described')
    assert.equal(inUse.status, 400)
    const closed = client.nextClose()
    assert.equal((await gateway.admin('DELETE', '/plugin_configs/described?force=true')).status, 200)
    assert.equal((await closed).code, 1012)
    const url = `${gateway.socketUrl.replace('ws', 'http')}/described`
    const response = await globalThis.fetch(url)
    assert.equal(response.status, 503)
    assert.deepEqual(await response.json(), {
      error_msg:
        'route described refers to plugin config described, which does not exist: create it or change plugin_config_id',
      code: 'ROUTE_PLUGIN_CONFIG_MISSING',
    })
  })

  it('a global rule runs in front of every route, whose own plugin has the last word', async () => {
    await put('/global_rules/1', { plugins: right })
    reads(await fetch(await connect('of-global-rule', {})))
    failsLike(await fetch(await connect('of-route-and-global-rule', { plugins: wrong })), 116, refused)
    assert.equal((await gateway.admin('DELETE', '/global_rules/1')).status, 200)
    const without = await fetch(await connect('of-global-rule', {}))
    assert.ok(without.error_resp, 'a client that comes after the rule is gone has no password')
  })
})
