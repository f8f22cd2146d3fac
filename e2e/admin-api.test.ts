import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { adminKey, jsonBody, startGateway, type TestGateway, viewerKey } from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const secret = 'a-password-that-is-nowhere-else'
const route = kafkaRoute(['127.0.0.1:1'], {
  uri: '/secret',
  plugins: { 'kafka-proxy': { sasl: { username: 'u', password: secret } } },
})

/** The real Admin API over the real store, with what ships. */
describe('the Admin API', () => {
  let folder: string
  let gateway: TestGateway

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-admin-'))
    gateway = await startGateway({ folder })
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = async (key: string | undefined, method: string, path: string, body?: string) => {
    const response = await fetch(`${gateway.adminUrl}/apisix/admin${path}`, {
      method,
      ...(key === undefined ? {} : { headers: { 'x-api-key': key } }),
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, body: await jsonBody(response) }
  }
  const passwordIn = ({ body }: { readonly body: Record<string, unknown> }): unknown => {
    const found = /"password":"([^"]*)"/.exec(JSON.stringify(body))
    return found?.[1]
  }

  it('lets in who has a key, as far as its role goes', async () => {
    assert.deepEqual((await ask(undefined, 'GET', '/routes')).body, {
      error_msg: 'failed to check token',
      description: 'missing apikey',
    })
    assert.deepEqual((await ask('no-such-key', 'GET', '/routes')).body, {
      error_msg: 'failed to check token',
      description: 'wrong apikey',
    })
    assert.equal((await ask(viewerKey, 'GET', '/routes')).status, 200)
    assert.deepEqual(await ask(viewerKey, 'PUT', '/routes/1', JSON.stringify(route)), {
      status: 401,
      body: { error_msg: 'failed to check token', description: 'invalid method for role viewer' },
    })
    // The key counts in the header only: a query is written to logs.
    assert.equal((await ask(undefined, 'GET', `/routes?api_key=${adminKey}`)).status, 401)
  })

  it('keeps secrets out of answers to writes, of the eyes of viewers, of its files and of its log', async () => {
    const written = await ask(adminKey, 'PUT', '/routes/secret', JSON.stringify(route))
    assert.equal(written.status, 201)
    assert.equal(passwordIn(written), '******')
    assert.equal(passwordIn(await ask(adminKey, 'GET', '/routes/secret')), secret)
    assert.equal(passwordIn(await ask(viewerKey, 'GET', '/routes/secret')), '******')
    assert.equal(passwordIn(await ask(viewerKey, 'GET', '/routes')), '******')
    // What an administrator reads masked can be put back.
    const masked = JSON.stringify(route).replace(secret, '******')
    assert.equal((await ask(adminKey, 'PUT', '/routes/secret', masked)).status, 200)
    assert.equal(passwordIn(await ask(adminKey, 'GET', '/routes/secret')), secret)

    const data = join(folder, 'sluice-data')
    for (const name of await readdir(data)) {
      const file = join(data, name)
      assert.ok(!(await readFile(file)).includes(secret), `${name} holds the password`)
      assert.equal((await stat(file)).mode & 0o077, 0, `${name} can be read by others`)
    }
    assert.ok(!gateway.log.some((line) => line.includes(secret)))
  })

  it('refuses what does not fit, in the words of APISIX, and changes nothing', async () => {
    const before = await ask(adminKey, 'GET', '/routes')
    const refusals: readonly [body: object, text: string][] = [
      [
        { ...route, upstream: { ...route.upstream, kafka: { fetch_max_byte: 1 } } },
        'invalid configuration: property "upstream" validation failed: property "kafka" validation failed: additional properties forbidden, found fetch_max_byte',
      ],
      [
        { ...route, plugins: { 'kafka-proxy': { sasl: { username: 'u' } } } },
        'failed to check the configuration of plugin kafka-proxy err: property "sasl" validation failed: property "password" is required',
      ],
      [
        { ...route, plugins: { 'kafka-proxy': { tls: { ca: '/etc/ssl/ca.pem' } } } },
        'failed to check the configuration of plugin kafka-proxy err: property "tls" validation failed: property "ca" validation failed: it is no text of PEM certificates; give what the file holds, not its path',
      ],
      [{ ...route, plugins: { 'kafka-prox': {} } }, 'unknown plugin [kafka-prox]'],
      [{ ...route, upstream: { ...route.upstream, nodes: { 'a:70000': 1 } } }, 'invalid port 70000'],
    ]
    for (const [body, error_msg] of refusals) {
      const answer = await ask(adminKey, 'PUT', '/routes/refused', JSON.stringify(body))
      assert.equal(answer.status, 400, error_msg)
      assert.match(String(answer.body.error_msg), new RegExp(`${RegExp.escape(error_msg)}$`))
    }
    assert.deepEqual(await ask(adminKey, 'GET', '/routes'), before)
  })

  it('forgets a resource whose time to live is over, and closes its route', async () => {
    const short = kafkaRoute(['127.0.0.1:1'], { uri: '/short' })
    assert.equal((await ask(adminKey, 'PUT', '/routes/short?ttl=1', JSON.stringify(short))).status, 201)
    assert.equal((await fetch(`${gateway.dataUrl}/short`)).status, 400)
    await waitFor(
      'the route',
      async () => (await fetch(`${gateway.dataUrl}/short`)).status,
      (status) => status === 404,
    )
    assert.deepEqual((await ask(adminKey, 'GET', '/routes/short')).body, { message: 'Key not found' })
  })

  it('has everything again after a restart, indexes included', async () => {
    const before = await ask(adminKey, 'GET', '/routes')
    assert.equal(await gateway.stop(), 0)
    gateway = await startGateway({ folder })
    assert.deepEqual(await ask(adminKey, 'GET', '/routes'), before)
    assert.equal((await fetch(`${gateway.dataUrl}/secret`)).status, 400, 'the route is served')
  })

  it('takes requests only from the addresses it is told to, which are 127.0.0.0/24 by default', async () => {
    assert.equal(await statusFrom('127.0.0.9', gateway.adminUrl), 200)
    assert.equal(await statusFrom('127.1.0.1', gateway.adminUrl), 403)
  })
})

/** Asks for the routes from one of the loopback addresses of this machine. */
async function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  const asked = request(`${url}/apisix/admin/routes`, { localAddress, headers: { 'x-api-key': adminKey } })
  asked.end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}
