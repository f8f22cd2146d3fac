import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { adminKey, makeCertificates, readPem, startGateway, type TestGateway, viewerKey } from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'

const cli = fileURLToPath(new URL('../packages/gateway/src/cli.ts', import.meta.url))

describe('sluice dump and apply', () => {
  let folder: string
  let gateway: TestGateway
  let other: TestGateway

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-apply-'))
    ;[gateway, other] = await Promise.all([startGateway(), startGateway()])
  })
  after(async () => {
    await Promise.all([gateway?.stop(), other?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  async function sluice(to: TestGateway, args: readonly string[], { input = '', key = adminKey } = {}) {
    const env = { PATH: process.env.PATH, SLUICE_ADMIN_URL: to.adminUrl, SLUICE_ADMIN_KEY: key }
    const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env })
    child.stdin.end(input)
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await exited, out, err }
  }

  it('carry everything from one gateway to another, and then have nothing to do', async () => {
    const { certFile, keyFile } = await makeCertificates(join(folder, 'tls'))
    const tls = { client_cert_id: 'client' }
    const sasl = { username: 'u', password: 'a-secret-password' }
    const resources: readonly (readonly [string, object])[] = [
      ['/ssls/client', { type: 'client', cert: await readPem(certFile), key: await readPem(keyFile) }],
      ['/upstreams/1', { ...kafkaRoute(['127.0.0.1:1']).upstream, tls }],
      ['/services/1', { upstream_id: '1' }],
      ['/routes/1', { uri: '/a', service_id: 1, plugins: { 'kafka-proxy': { sasl } }, desc: 'é\n"x": #y' }],
      ['/consumer_groups/g', { plugins: {} }],
      ['/consumers/jack', { username: 'jack', group_id: 'g' }],
      ['/consumers/jack/credentials/c', { plugins: { 'key-auth': { key: 'a-secret-key' } } }],
      ['/secrets/vault/1', { uri: 'http://127.0.0.1:1', prefix: 'kv', token: 'a-secret-token' }],
      ['/plugin_metadata/kafka-proxy', {}],
      ['/global_rules/1', { plugins: {} }],
      ['/protos/1', { content: 'syntax = "proto3"; message A { string a = 1; }' }],
    ]
    for (const [path, body] of resources) assert.equal((await gateway.admin('PUT', path, body)).status, 201, path)
    const file = join(folder, 'dump.yaml')
    const dumped = await sluice(gateway, ['dump', '-o', file])
    assert.deepEqual(dumped, { code: 0, out: '', err: `Wrote 11 resources to ${file}.\n` })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const configuration = await readFile(file, 'utf8')
    assert.match(configuration, /\n#END\n$/)

    const same = await sluice(gateway, ['apply', '-f', file, '--prune'])
    assert.deepEqual(same, { code: 0, out: 'Done: 0 created, 0 changed, 0 deleted, 11 unchanged\n', err: '' })

    // The key of a certificate is in no answer, so that a new gateway has to be given it.
    const refused = await sluice(other, ['apply', '-f', file])
    assert.equal(refused.code, 1)
    assert.match(
      refused.err,
      /^nothing was written: .*dump\.yaml is faulty:\n {2}ssls\[0\] \(line \d+\): key is masked/,
    )
    const whole = configuration.replace(/key: "\*{6}"/, `key: ${JSON.stringify(await readPem(keyFile))}`)
    const tried = await sluice(other, ['apply', '--dry-run', '--exit-code'], { input: whole })
    assert.equal(tried.code, 3)
    assert.match(
      tried.out,
      /^\+ ssls\/client\n[\s\S]*\nDry run: 11 to create, 0 to change, 0 to delete, 0 unchanged\n$/,
    )
    assert.deepEqual((await other.admin('GET', '/routes')).body, { list: [], total: 0 })
    const applied = await sluice(other, ['apply', '-f', '-'], { input: whole })
    assert.equal(applied.code, 0, applied.err)
    assert.match(applied.out, /Done: 11 created, 0 changed/)
    assert.equal((await sluice(other, ['dump'])).out, configuration)
  })

  it('show what changes, keep what only the gateway has, and delete it when asked to', async () => {
    const file = join(folder, 'small.yaml')
    await writeFile(
      file,
      `routes:
  - id: 1
    uri: /b
    upstream: { type: none, scheme: kafka, nodes: { "127.0.0.1:1": 1 } }
    plugins: { kafka-proxy: { sasl: { username: u, password: another-password } } }
`,
    )
    const { admin } = gateway
    const before = (await admin('GET', '/routes/1')).body.modifiedIndex
    const tried = await sluice(gateway, ['apply', '-f', file, '--prune', '--dry-run'])
    assert.equal(tried.code, 0)
    assert.match(tried.out, /^~ routes\/1\n(?: {4}.*\n)*? {4}uri: "\/a" → "\/b"\n/)
    assert.match(tried.out, /^- consumers\/jack\n/m)
    assert.doesNotMatch(tried.out, /password"|another-password|a-secret/)
    assert.equal((await admin('GET', '/routes/1')).body.modifiedIndex, before)

    const kept = await sluice(gateway, ['apply', '-f', file])
    assert.match(
      kept.out,
      /Done: 0 created, 1 changed, 0 deleted, 0 unchanged; 10 only on the gateway, which --prune deletes/,
    )
    const pruned = await sluice(gateway, ['apply', '-f', file, '--prune'])
    assert.match(pruned.out, /Done: 0 created, 0 changed, 9 deleted, 1 unchanged\n$/)
    assert.equal((await admin('GET', '/consumers')).body.total, 0)
    assert.equal((await admin('GET', '/routes')).body.total, 1)
  })

  it('write nothing where anything is faulty, and say where', async () => {
    const input = 'upstreams:\n  - { id: new, type: none, nodes: { "a:1": 1 } }\nroutes:\n  - id: bad\n    uri: 5\n'
    const { code, err } = await sluice(gateway, ['apply'], { input })
    assert.equal(code, 1)
    assert.match(err, /^nothing was written: standard input is faulty:\n {2}routes\[0\] \(line 4\): .*property "uri"/)
    assert.equal((await gateway.admin('GET', '/upstreams/new')).status, 404)
  })

  it('say what is wrong with the key, the address and the rights', async () => {
    const wrong = await sluice(gateway, ['dump'], { key: 'wrong' })
    assert.deepEqual([wrong.code, wrong.out], [1, ''])
    assert.match(wrong.err, /the Admin API refused GET \/routes: failed to check token: wrong apikey/)
    const viewer = await sluice(gateway, ['apply'], { key: viewerKey, input: 'routes: []' })
    assert.match(viewer.err, /invalid method for role viewer/)
    const nowhere = await sluice(gateway, ['dump', '--admin', 'http://127.0.0.1:1'])
    assert.match(nowhere.err, /cannot reach the Admin API at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
    const keyless = await sluice(gateway, ['dump'], { key: '' })
    assert.match(keyless.err, /no key for the Admin API: set SLUICE_ADMIN_KEY/)
  })
})
