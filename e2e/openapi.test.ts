import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { adminKey, makeCertificates, readPem, startGateway, type TestGateway, viewerKey } from '@sluice/harness'
import { type AdminDocument, openAdminDocument } from './support/admin-document.ts'
import { kafkaRoute } from './support/routes.ts'

const root = '/apisix/admin'

/** One resource of each kind that the gateway has, in an order in which each finds what it refers to. */
const resources: [path: string, body: object][] = [
  [
    '/upstreams/1',
    { type: 'none', scheme: 'kafka', nodes: { '127.0.0.1:1': 1 }, tls: { verify: true }, labels: { a: 'b' } },
  ],
  ['/services/1', { name: 'a service', hosts: ['a.example'], upstream_id: '1' }],
  ['/plugin_configs/1', { plugins: {} }],
  [
    '/routes/1',
    {
      ...kafkaRoute(['127.0.0.1:1'], {
        uri: '/a',
        plugins: { 'kafka-proxy': { sasl: { username: 'u', password: 'p' } } },
      }),
      vars: [['arg_a', '==', 'b']],
      timeout: { connect: 1, send: 1, read: 1 },
    },
  ],
  ['/consumer_groups/1', { plugins: {} }],
  ['/consumers/jack', { username: 'jack', group_id: '1', plugins: {} }],
  ['/consumers/jack/credentials/1', { plugins: {} }],
  ['/global_rules/1', { plugins: {} }],
  ['/plugin_metadata/kafka-proxy', {}],
  ['/secrets/vault/1', { uri: 'http://127.0.0.1:1', prefix: 'kv', token: 'a-token' }],
  ['/keys/kafka-proxy', { role: 'viewer' }],
  ['/protos/1', { content: 'syntax = "proto3"; message A { string a = 1; }' }],
]

/** What stands in paths for the names in braces. */
const inPaths: Readonly<Record<string, string>> = {
  id: '1',
  username: 'jack',
  owner: 'jack',
  manager: 'vault',
  name: 'kafka-proxy',
  kind: 'route',
}

describe('the OpenAPI document of a gateway', () => {
  let folder: string
  let gateway: TestGateway
  let document: AdminDocument

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-openapi-'))
    const { certFile, keyFile } = await makeCertificates(join(folder, 'tls'))
    resources.push(['/ssls/1', { cert: await readPem(certFile), key: await readPem(keyFile), sni: 'a.example' }])
    gateway = await startGateway({ folder, deployment: '  role_traditional: { config_provider: memory }' })
    document = await openAdminDocument(gateway)
    for (const [path, body] of resources) {
      const { status, body: answer } = await gateway.admin('PUT', path, body)
      assert.equal(status, 201, `${path}: ${JSON.stringify(answer)}`)
    }
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = async (key: string, method: string, url: string, body?: object) => {
    const init = { method, headers: { 'x-api-key': key }, ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(`${gateway.adminUrl}${url}`, init)
    return { status: response.status, text: await response.text(), headers: response.headers }
  }
  const fill = (path: string): string =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => inPaths[name] ?? assert.fail(`nothing is known for ${name}`))
  const query = (path: string): string => (path === `${root}/plugins` ? '?all=true' : '')

  it('is one to another program, with the schemas of the plugins that ship', async () => {
    const { body } = await gateway.admin('GET', '/openapi.json')
    assert.deepEqual(await new Validator().validate(body), { valid: true })
  })

  it('is what each GET of it answers, to every role', async () => {
    const paths = document.operations.filter(({ method }) => method === 'GET').map(({ path }) => path)
    assert.ok(paths.length > 30)
    for (const path of paths) {
      for (const key of [adminKey, viewerKey]) {
        const { status, text } = await ask(key, 'GET', `${fill(path)}${query(path)}`)
        assert.equal(status, 200, `${path}: ${text}`)
        document.check(path, 'GET', status, JSON.parse(text))
      }
    }
  })

  it('is what writes answer, tried and done', async () => {
    for (const [url, body] of resources) {
      const path = document.pathOf(`${root}${url}`)
      for (const tried of [true, false]) {
        const { status, text } = await ask(adminKey, 'PUT', `${root}${url}?dry_run=${tried}`, body)
        assert.equal(status, 200, `${url}: ${text}`)
        document.check(path, 'PUT', status, JSON.parse(text))
      }
    }
    for (const [url] of resources.toReversed()) {
      for (const tried of [true, false]) {
        const { status, text } = await ask(adminKey, 'DELETE', `${root}${url}?dry_run=${tried}`)
        assert.equal(status, 200, `${url}: ${text}`)
        document.check(document.pathOf(`${root}${url}`), 'DELETE', status, JSON.parse(text))
      }
    }
  })

  it('is what refusals answer', async () => {
    const refusals: readonly (readonly [key: string, method: string, url: string, status: number])[] = [
      ['wrong', 'GET', `${root}/routes/1`, 401],
      [viewerKey, 'DELETE', `${root}/routes/1`, 401],
      [adminKey, 'GET', `${root}/routes/none`, 404],
      [adminKey, 'PUT', `${root}/routes/1`, 400],
      [adminKey, 'GET', `${root}/plugins/nope`, 404],
    ]
    for (const [key, method, url, expected] of refusals) {
      const { status, text } = await ask(key, method, url)
      assert.equal(status, expected, `${url}: ${text}`)
      document.check(document.pathOf(url), method, status, JSON.parse(text))
    }
  })

  it('tells an answer that it does not describe', () => {
    const path = `${root}/routes/{id}`
    assert.throws(
      () => document.check(path, 'GET', 200, { key: '/apisix/routes/1', value: {} }),
      /modifiedIndex|createdIndex/,
    )
    const value = { id: '1', uri: 1 }
    const entry = { key: '/apisix/routes/1', value, createdIndex: 1, modifiedIndex: 1 }
    assert.throws(() => document.check(path, 'GET', 200, entry), /uri must be string/)
  })
})
