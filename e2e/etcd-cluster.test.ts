import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import {
  type CleanUp,
  count,
  createCleanUp,
  type EtcdHandle,
  type GatewayOptions,
  requireTool,
  startEtcd,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const { skip } = requireTool('etcd')
const env = { SLUICE_ENCRYPTION_KEY: `cluster:${randomBytes(32).toString('base64')}` }

const route = (uri: string) => kafkaRoute(['127.0.0.1:1'], { uri })

/** What the data plane answers: a Kafka route that is not asked for a WebSocket 400, no route 404. */
const ask = async (gateway: TestGateway, uri: string): Promise<number> =>
  (await fetch(`${gateway.dataUrl}${uri}`)).status

const serves = (gateway: TestGateway, uri: string, status = 400) =>
  waitFor(
    `${uri} at ${gateway.dataUrl}`,
    () => ask(gateway, uri),
    (answer) => answer === status,
  )

describe('three gateways on three members of etcd', { skip }, () => {
  let cleanUp: CleanUp
  let etcd: EtcdHandle
  const folders: string[] = []
  const gateways: TestGateway[] = []

  const start = async (options: GatewayOptions = {}): Promise<TestGateway> => {
    const deployment = `  role_traditional: { config_provider: etcd }
  etcd: { host: ${JSON.stringify(etcd.urls)}, timeout: 10 }`
    const gateway = await startGateway({ deployment, env, ...options })
    cleanUp.defer(() => gateway.stop())
    return gateway
  }
  const at = (index: number): TestGateway => {
    const gateway = gateways[index]
    assert.ok(gateway)
    return gateway
  }
  const put = async (gateway: TestGateway, id: string, uri: string) =>
    (await gateway.admin('PUT', `/routes/${id}`, route(uri))).status

  before(async () => {
    cleanUp = createCleanUp()
    etcd = await startEtcd({ nodes: 3 })
    cleanUp.defer(() => etcd.stop())
    for (let i = 0; i < 3; i++) {
      const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-'))
      cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
      folders.push(folder)
      gateways.push(await start({ folder }))
    }
  })
  after(() => cleanUp.run())

  it('serve what is written on one of them, and all tell the same indexes', async () => {
    assert.equal(await put(at(0), 'a', '/a'), 201)
    assert.equal(await ask(at(0), '/a'), 400)
    for (const gateway of gateways) await serves(gateway, '/a')
    const answers = await Promise.all(gateways.map((gateway) => gateway.admin('GET', '/routes/a')))
    assert.equal(answers[0]?.status, 200)
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    const { key, modifiedIndex } = answers[0]?.body ?? {}
    assert.equal(key, '/apisix/routes/a')
    assert.equal(typeof modifiedIndex, 'number')
    assert.equal(await put(at(1), 'a', '/b'), 200)
    for (const gateway of gateways) await serves(gateway, '/b')
    for (const gateway of gateways) await serves(gateway, '/a', 404)
    assert.equal((await at(2).admin('DELETE', '/routes/a')).status, 200)
    for (const gateway of gateways) await serves(gateway, '/b', 404)
  })

  it('serve what a tool of APISIX writes into etcd', async () => {
    await etcd.put(
      '/apisix/routes/tool',
      JSON.stringify({ id: 'tool', create_time: 1, update_time: 1, ...route('/tool') }),
    )
    for (const gateway of gateways) await serves(gateway, '/tool')
    // What this version does not serve, and what fits no schema, keeps nothing else from being served.
    await etcd.put('/apisix/consumers/jack', '{"username":"jack"}')
    await etcd.put('/apisix/plugin_configs/1', '{"id":"1","plugins":{}}')
    await etcd.put('/apisix/routes/next', JSON.stringify({ id: 'next', ...route('/next') }))
    for (const gateway of gateways) await serves(gateway, '/next')
    const stored = JSON.parse((await etcd.get('/apisix/routes/tool')) ?? 'null')
    assert.equal((await at(0).admin('PATCH', '/routes/tool', { desc: 'patched' })).status, 200)
    const patched = JSON.parse((await etcd.get('/apisix/routes/tool')) ?? 'null')
    assert.deepEqual({ ...patched, update_time: undefined }, { ...stored, desc: 'patched', update_time: undefined })
  })

  it('serve the last good version of what is broken behind their back, and tell', async () => {
    const ready = async (gateway: TestGateway) => (await fetch(`${gateway.statusUrl}/readyz`)).json()
    const isTold = (gateway: TestGateway, configuration: unknown) =>
      waitFor(
        'the state of the configuration',
        () => ready(gateway),
        (answer) => isDeepStrictEqual(answer, { status: 'ready', ...(configuration ? { configuration } : {}) }),
      )
    assert.equal(await put(at(0), 'sound', '/sound'), 201)
    const sound = (await etcd.get('/apisix/routes/sound')) ?? ''
    await etcd.put('/apisix/routes/sound', '{"id":"sound","uri":5}')
    await etcd.put('/apisix/routes/odd', 'nonsense')
    const fault = 'invalid configuration: property "uri" validation failed: wrong type: expected string, got number'
    const broken = [
      { key: '/routes/odd', fault: 'no JSON object' },
      { key: '/routes/sound', fault },
    ]
    for (const gateway of gateways) {
      await isTold(gateway, { broken })
      assert.equal(await ask(gateway, '/sound'), 400)
      assert.equal(await gateway.metric('sluice_config_broken_objects'), 2)
      assert.equal(await gateway.metric('sluice_config_store_up'), 1)
    }
    // Also after a restart.
    assert.equal(await at(2).stop(), 0)
    gateways[2] = await start({ folder: folders[2] ?? assert.fail('it has a folder') })
    await isTold(at(2), { broken })
    assert.equal(await ask(at(2), '/sound'), 400)
    await etcd.put('/apisix/routes/sound', sound)
    assert.equal((await at(1).admin('DELETE', '/routes/odd?force=true')).status, 404)
    await etcd.put('/apisix/routes/odd', JSON.stringify({ id: 'odd', ...route('/odd') }))
    for (const gateway of gateways) {
      await serves(gateway, '/odd')
      await isTold(gateway, undefined)
      assert.equal(await ask(gateway, '/sound'), 400)
    }
  })

  it('may share the work: one has the Admin API, and others serve clients', async () => {
    const ofRole = (role: string) => ({
      deployment: `  role: ${role}
  etcd: { host: ${JSON.stringify(etcd.urls)}, timeout: 10 }`,
    })
    const control = await start(ofRole('control_plane'))
    const planes = [await start(ofRole('data_plane')), await start({ ...ofRole('data_plane'), workers: 2 })]
    const listening = ({ log }: TestGateway) => {
      const { adminUrl, dataUrls } = JSON.parse(log.find((line) => line.includes('"msg":"ready"')) ?? '{}')
      return [adminUrl !== undefined, dataUrls.length]
    }
    assert.deepEqual([control, ...planes].map(listening), [
      [true, 0],
      [false, 1],
      [false, 1],
    ])
    assert.equal(await put(control, 'shared', '/shared'), 201)
    for (const gateway of [...planes, at(0)]) await serves(gateway, '/shared')
    assert.equal((await control.admin('DELETE', '/routes/shared')).status, 200)
    for (const gateway of planes) await serves(gateway, '/shared', 404)
  })

  it('with the keyring of APISIX read what it encrypted, and write what it can read', async () => {
    // Those that APISIX ships with, and what it makes of `my-secret-key`.
    const keyring = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']
    const [sealed, sealedBefore] = ['kK0lkbzXrE7aiTiyK/Z0Sw==', 'IRWpPjbDq5BCgHyIllnOMA==']
    const consumer = (username: string, key: string) => ({ username, plugins: { 'key-auth': { key } } })
    const apart = {
      apisix: `  data_encryption: { keyring: ${JSON.stringify(keyring)} }`,
      deployment: `  role_traditional: { config_provider: etcd }
  etcd: { host: ${JSON.stringify(etcd.urls)}, timeout: 10, prefix: /keyring }`,
    }
    for (const workers of [1, 2]) {
      const gateway = await start({ ...apart, workers })
      await etcd.put('/keyring/consumers/old', JSON.stringify(consumer('old', sealedBefore)))
      await waitFor(
        'what APISIX wrote',
        async () => (await gateway.admin('GET', '/consumers/old')).status,
        (status) => status === 200,
      )
      const route = { ...kafkaRoute(['127.0.0.1:1'], { uri: '/keyed', plugins: { 'key-auth': {} } }) }
      await gateway.admin('PUT', '/routes/keyed', route)
      const asked = async (apikey: string) => (await fetch(`${gateway.dataUrl}/keyed`, { headers: { apikey } })).status
      await waitFor(
        'the consumer',
        () => asked('my-secret-key'),
        (status) => status === 400,
      )
      assert.equal(await asked(sealedBefore), 401)
      assert.equal((await gateway.admin('DELETE', '/consumers/old')).status, 200)
      const written = await gateway.admin('PUT', '/consumers/new', consumer('new', 'my-secret-key'))
      assert.ok(written.status < 300, JSON.stringify(written.body))
      assert.ok((await etcd.get('/keyring/consumers/new'))?.includes(`"key":"${sealed}"`))
      assert.equal((await gateway.admin('DELETE', '/consumers/new')).status, 200)
    }
  })

  it('of writes to one resource at once on all of them, none is lost in silence', async () => {
    assert.equal(await put(at(0), 'counter', '/counter'), 201)
    let acknowledged = 0
    const add = async (gateway: TestGateway, label: string) => {
      const { status } = await gateway.admin('PATCH', '/routes/counter', { labels: { [label]: 'x' } })
      if (status === 200) acknowledged++
      else assert.equal(status, 409)
    }
    for (let round = 0; round < 10; round++) {
      await Promise.all(gateways.map((gateway, i) => add(gateway, `l${round}-${i}`)))
    }
    const { body } = await at(2).admin('GET', '/routes/counter')
    const { labels = {} }: { labels?: object } = Object(body.value)
    assert.equal(Object.keys(labels).length, acknowledged)
  })

  it(`serve on without etcd, for ${count(10, 600)} s, also after a restart; writes are answered 503`, async () => {
    assert.equal(await put(at(0), 'kept', '/kept'), 201)
    for (const gateway of gateways) await serves(gateway, '/kept')
    await Promise.all(etcd.nodes.map((node) => node.stop('SIGKILL')))
    assert.equal(await put(at(0), 'lost', '/lost'), 503)
    await at(2).stop()
    gateways[2] = await start({ folder: folders[2] ?? '' })
    const end = performance.now() + count(10, 600) * 1000
    for (let n = 0; n < 50 || performance.now() < end; n++) {
      for (const gateway of gateways) assert.equal(await ask(gateway, '/kept'), 400)
      if (n % 50 === 0) assert.equal(await put(at(n % 3), 'lost', '/lost'), 503)
    }
    await Promise.all(etcd.nodes.map((node) => node.start()))
    await waitFor(
      'a write',
      () => put(at(1), 'healed', '/healed'),
      (status) => status === 201 || status === 200,
    )
    for (const gateway of gateways) await serves(gateway, '/healed')
    for (const gateway of gateways) assert.equal(await ask(gateway, '/lost'), 404)
    const lists = await Promise.all(gateways.map((gateway) => gateway.admin('GET', '/routes')))
    for (const list of lists) assert.deepEqual(list, lists[0])
  })

  const rounds = count(20, 200)
  it(`kill -9 of a gateway or a member during writes, ${rounds} rounds: no acknowledged write is lost`, async () => {
    const acknowledged = new Map<string, string>()
    for (let round = 0; round < rounds; round++) {
      const writing = await start()
      let victim: Promise<unknown> | undefined
      for (let n = 0; n < 60; n++) {
        const uri = `/k/${round}/${n}`
        const status = await put(writing, `k${n % 20}`, uri).catch(() => 0)
        if (status === 200 || status === 201) acknowledged.set(`k${n % 20}`, uri)
        // What is not known to be written may be there or not.
        else acknowledged.delete(`k${n % 20}`)
        if (n === 20) victim = round % 2 === 0 ? writing.stop('SIGKILL') : etcd.nodes[round % 3]?.stop('SIGKILL')
        if (status === 0) break
      }
      await victim
      await etcd.nodes[round % 3]?.start()
      await Promise.all([writing.stop('SIGKILL'), ...etcd.nodes.map((node) => node.serves())])
      for (const [id, uri] of acknowledged) {
        const { status, body } = await at(0).admin('GET', `/routes/${id}`)
        const { uri: found }: { uri?: string } = Object(body.value)
        assert.deepEqual([status, found], [200, uri], id)
        await serves(at(1), uri)
      }
    }
  })

  it('with two workers each serves what another gateway wrote', async () => {
    const gateway = await start({ workers: 2 })
    assert.equal(await put(at(0), 'w', '/w'), 201)
    for (let n = 0; n < 20; n++) await serves(gateway, '/w')
    assert.equal(await put(gateway, 'w', '/w2'), 200)
    for (let n = 0; n < 20; n++) assert.equal(await ask(gateway, '/w2'), 400)
  })

  it('a gateway without encryption keys does not start', async () => {
    await assert.rejects(start({ env: {} }), /ENCRYPTION_KEY_REQUIRED|need the same encryption keys/)
  })
})
