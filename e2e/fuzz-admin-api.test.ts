import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { isJsonObject, type Json } from '@sluice/core'
import { adminKey, connectPubSub, count, sharedKafka, type TestGateway } from '@sluice/harness'
import { type AdminDocument, type DocumentedOperation, openAdminDocument } from './support/admin-document.ts'
import { bodyBytes, mutated } from './support/fuzz/json-mutations.ts'
import { startWatchedGateway, watchLeaks } from './support/fuzz/leaks.ts'
import { fuzzSeed, inParallel, type Random, seeded } from './support/fuzz/random.ts'
import { schemaValue } from './support/fuzz/schema-values.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const root = '/apisix/admin'
const strangeIds = ['0', 'none', 'a%20b', '__proto__', '%2e%2e', 'x'.repeat(65), 'upstream%2Fnodes', '%00'] as const
/** What stands in paths for the names in braces, where it is what it should be. */
const usualIds: Readonly<Record<string, string>> = {
  username: 'jack',
  owner: 'jack',
  manager: 'vault',
  name: 'kafka-proxy',
  path: 'labels',
  resources: 'routes',
}
/** What has a GET and is no list of resources. */
const notResources = ['plugins', 'configs', 'audit', 'keys'].map((name) => `/apisix/admin/${name}`)
const queries = ['?dry_run=true', '?dry_run=maybe', '?ttl=x', '?ttl=1000', '?force=true', '?%zz=%'] as const

interface Answer {
  readonly status: number
  readonly body: string
}

/** Bodies made from the schemas that the gateway shows, and then spoilt. */
describe('bodies for the Admin API of a client that means harm', () => {
  const topic = `fuzz-admin-${process.pid}`
  const seed = fuzzSeed()
  const cases = count(2000, 20_000)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  let gateway: TestGateway
  let url: string
  let document: AdminDocument
  let operations: readonly DocumentedOperation[]

  before(async () => {
    const kafka = await sharedKafka()
    gateway = await startWatchedGateway()
    url = await putRoute(gateway, 'good', kafkaRoute([plaintext(kafka)], { uri: '/good-route' }))
    const producer = await kafka.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    await producer.send(topic, [{ value: 'a record', partition: 0 }])
    document = await openAdminDocument(gateway)
    // A test of an upstream would dial whatever comes up.
    operations = document.operations.filter(({ path, body }) => body !== undefined && !path.endsWith('/test'))
  })
  after(async () => {
    agent.destroy()
    await gateway?.stop()
  })

  const ask = async (method: string, path: string, body: Buffer = Buffer.alloc(0)): Promise<Answer> => {
    const headers = { 'x-api-key': adminKey, 'content-length': body.length }
    const sent = request(gateway.adminUrl, { agent, method, path, headers }).end(body)
    const [response] = await once(sent, 'response')
    return { status: response.statusCode, body: await text(response) }
  }

  const statuses = new Map<number, number>()
  const send = async (random: Random): Promise<void> => {
    const operation = operations[random.below(operations.length)]
    assert.ok(operation)
    const path = `${pathOf(random, operation)}${random.chance(0.2) ? random.pick(queries) : ''}`
    const made = schemaValue(random, operation.body, document.resolve)
    const isNamed = operation.path.endsWith('}') || operation.method !== 'PUT' || !isJsonObject(made)
    let value: Json = isNamed ? made : { ...made, id: random.pick(['1', 2, 'a-b']) }
    for (let left = random.pick([0, 0, 1, 1, 2]); left > 0; left--) value = mutated(random, value)
    const body = bodyBytes(random, value)
    const answer = await ask(operation.method, path, body)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    const what = `${operation.method} ${path} of ${body.subarray(0, 2000).toString()}`
    assert.ok(answer.status >= 200 && answer.status < 500, `${what}: ${answer.status} ${answer.body}`)
    // What POST makes has an id of its own each time, and would only grow.
    if (operation.method === 'POST' && answer.status === 201 && !path.includes('dry_run=true')) {
      const { key } = JSON.parse(answer.body)
      const gone = await ask('DELETE', `${root}${String(key).slice('/apisix'.length)}?force=true`)
      assert.equal(gone.status, 200, gone.body)
    }
  }

  /** Also a sign that whatever was stored can be listed and deleted. */
  const deleteAll = async (): Promise<void> => {
    const collections = document.operations.filter(
      ({ method, path }) => method === 'GET' && /^\/apisix\/admin\/[a-z_]+$/.test(path) && !notResources.includes(path),
    )
    for (const { path } of collections) {
      const { status, body } = await ask('GET', path)
      assert.equal(status, 200, body)
      for (const { key } of JSON.parse(body).list) {
        if (key === '/apisix/routes/good') continue
        const gone = await ask('DELETE', `${root}${key.slice('/apisix'.length)}?force=true`)
        assert.equal(gone.status, 200, `${key}: ${gone.body}`)
      }
    }
  }

  it(`${cases} of them are taken or refused`, async (test) => {
    test.diagnostic(`SLUICE_FUZZ_SEED=${seed}`)
    // A reference that leads nowhere is found out when what holds it is built.
    const isExpected = (line: string) => /"msg":"a (stored resource cannot be used|secret cannot be read)/.test(line)
    const leaks = await watchLeaks(gateway, isExpected)
    const one = (index: number) => seeded(seed, index, send)
    await inParallel(cases / 2, 8, one)
    await leaks.warm()
    await inParallel(cases / 2, 8, (index) => one(index + cases / 2))
    test.diagnostic(JSON.stringify(Object.fromEntries(statuses)))
    const taken = (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0)
    assert.ok(taken > cases / 20 && (statuses.get(400) ?? 0) > cases / 20, 'both happen')

    await deleteAll()
    const client = await connectPubSub(url)
    assert.equal((await client.fetch(topic, 0, 0n)).length, 1)
    await client.close()
    agent.destroy()
    await leaks.check()
    const reports = await waitFor(
      'the report on prototypes',
      async () => prototypeReports(gateway),
      ({ length }) => length > 0,
    )
    assert.deepEqual(reports.flat(), [])
  })
})

function pathOf(random: Random, { path }: DocumentedOperation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    random.chance(0.1) ? random.pick(strangeIds) : (usualIds[name] ?? random.pick(['1', '2'])),
  )
}

/** Which prototypes had changed, each time that garbage was collected. */
function prototypeReports({ log }: TestGateway): readonly unknown[] {
  return log.filter((line) => line.includes('"msg":"prototypes"')).map((line) => JSON.parse(line).changed)
}
