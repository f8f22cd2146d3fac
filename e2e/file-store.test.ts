import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { adminKey, cleanUpAfter, connectPubSub, sharedKafka, startGateway, type TestGateway } from '@sluice/harness'
import { makeDocumentedTopic } from './support/documented-topic.ts'
import { kafkaRoute, plaintext } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const provider = (name: string) => `  role_traditional: { config_provider: ${name} }`

/** A configuration file with one route to Kafka, and what else is given. */
async function fileWith(...lines: readonly string[]): Promise<string> {
  const broker = plaintext(await sharedKafka())
  return [
    'upstreams:',
    `  - { id: kafka, type: none, scheme: kafka, nodes: { "${broker}": 1 } }`,
    'routes:',
    '  - { id: kafka, uri: /kafka, upstream_id: kafka }',
    ...lines,
    '#END',
    '',
  ].join('\n')
}

async function configuration(gateway: TestGateway): Promise<Record<string, unknown> | undefined> {
  const { configuration } = JSON.parse(await (await fetch(`${gateway.statusUrl}/readyz`)).text())
  return configuration
}

async function statusOf(gateway: TestGateway, path: string): Promise<number> {
  return (await fetch(`${gateway.dataUrl}${path}`)).status
}

const put = (gateway: TestGateway, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gateway.adminUrl}/apisix/admin/configs`, {
    method: 'PUT',
    headers: { 'x-api-key': adminKey, ...headers },
    body: JSON.stringify(body),
  })

for (const workers of [1, 2]) {
  describe(`a configuration file, ${workers} worker${workers > 1 ? 's' : ''}`, () => {
    it('is served, followed while sockets stay open, and good again after it was broken', async (t) => {
      const topic = `file-${workers}`
      const values = await makeDocumentedTopic(topic)
      const { defer } = cleanUpAfter(t)
      const folder = await mkdtemp(join(tmpdir(), 'sluice-file-'))
      defer(() => rm(folder, { recursive: true, force: true }))
      const file = join(folder, 'apisix.yaml')
      await writeFile(file, await fileWith())
      const options = { folder, workers, deployment: provider('file') }
      let gateway = await startGateway(options)
      defer(() => gateway.stop())
      const client = await connectPubSub(`${gateway.socketUrl}/kafka`)
      const fetchAll = { cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }
      const read = async () =>
        (await client.request(fetchAll)).kafka_fetch_resp?.messages.map(({ value }) => String(value))
      assert.deepEqual(await read(), values)
      assert.equal(await statusOf(gateway, '/other'), 404)

      await writeFile(`${file}.new`, await fileWith('  - { id: other, uri: /other, upstream_id: kafka }'))
      await rename(`${file}.new`, file)
      await waitFor(
        'the new route',
        () => statusOf(gateway, '/other'),
        (status) => status !== 404,
      )
      assert.deepEqual(await read(), values)

      await writeFile(file, await fileWith('  - { id: other, uri: 5, upstream_id: nowhere }'))
      const broken = await waitFor(
        'the fault',
        () => configuration(gateway),
        (state) => state !== undefined,
      )
      assert.match(String(broken?.fault), /^routes\[1\] \(id "other", line 5\): .*property "uri"/)
      assert.equal(await gateway.metric('sluice_config_file_broken'), 1)
      assert.notEqual(await statusOf(gateway, '/other'), 404)
      assert.deepEqual(await read(), values)
      const refused = await gateway.admin('DELETE', '/routes/other')
      assert.equal(refused.status, 503)
      assert.match(String(refused.body.error_msg), /the configuration file .*apisix\.yaml is broken: routes\[1\]/)
      await client.close()

      // A restart in between does not lose what was last good.
      assert.equal(await gateway.stop(), 0)
      gateway = await startGateway(options)
      assert.notEqual(await statusOf(gateway, '/other'), 404)
      assert.match(String((await configuration(gateway))?.fault), /line 5/)

      await writeFile(file, await fileWith())
      await waitFor(
        'the end of the fault',
        () => configuration(gateway),
        (state) => state === undefined,
      )
      assert.equal(await statusOf(gateway, '/other'), 404)
      assert.equal(await gateway.metric('sluice_config_file_broken'), 0)
    })
  })
}

describe('a whole configuration', () => {
  it('is put into the file, secrets encrypted, and there after a restart', async (t) => {
    const { defer } = cleanUpAfter(t)
    const folder = await mkdtemp(join(tmpdir(), 'sluice-file-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'apisix.yaml')
    await writeFile(file, '# mine\n#END\n')
    const options = { folder, deployment: provider('file') }
    let gateway = await startGateway(options)
    defer(() => gateway.stop())
    const body = {
      routes: [{ id: '1', uri: '/one', plugins: { 'key-auth': {} }, upstream: kafkaRoute(['127.0.0.1:1']).upstream }],
      consumers: [{ username: 'jack', plugins: { 'key-auth': { key: 'a-key-of-jack' } } }],
    }
    const answer = await put(gateway, body, { 'x-digest': 'one' })
    assert.deepEqual([answer.status, await answer.json()], [202, { created: 2, updated: 0, deleted: 0 }])
    assert.equal((await put(gateway, body, { 'x-digest': 'one' })).status, 204)
    const text = await readFile(file, 'utf8')
    assert.doesNotMatch(text, /a-key-of-jack/)
    assert.match(text, /^# Written by the Admin API[\s\S]+\n#END\n$/)

    assert.equal(await gateway.stop('SIGKILL'), null)
    gateway = await startGateway(options)
    assert.equal(await statusOf(gateway, '/one'), 401)
    const known = await fetch(`${gateway.dataUrl}/one`, { headers: { apikey: 'a-key-of-jack' } })
    assert.notEqual(known.status, 401)
    const shown = await gateway.admin('GET', '/configs')
    assert.partialDeepStrictEqual(shown.body, body)
  })

  it('is kept in memory until the end of the process', async (t) => {
    const { defer } = cleanUpAfter(t)
    const folder = await mkdtemp(join(tmpdir(), 'sluice-memory-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    const options = { folder, deployment: provider('memory') }
    let gateway = await startGateway(options)
    defer(() => gateway.stop())
    const routes = [{ id: '1', uri: '/one', upstream: kafkaRoute(['127.0.0.1:1']).upstream }]
    assert.equal((await put(gateway, { routes })).status, 202)
    assert.notEqual(await statusOf(gateway, '/one'), 404)
    assert.equal(await gateway.stop(), 0)
    gateway = await startGateway(options)
    assert.equal(await statusOf(gateway, '/one'), 404)
    assert.deepEqual((await gateway.admin('GET', '/configs')).body, {})
  })

  it('that the file does not hold at the first start ends the program with what is wrong', async (t) => {
    const { defer } = cleanUpAfter(t)
    const folder = await mkdtemp(join(tmpdir(), 'sluice-file-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    const start = () => startGateway({ folder, deployment: provider('file') })
    await assert.rejects(start(), /apisix\.yaml cannot be served: it is not there/)
    await writeFile(join(folder, 'apisix.yaml'), 'route: []\n')
    await assert.rejects(start(), /route is no kind of resource; there are routes, services/)
  })
})
