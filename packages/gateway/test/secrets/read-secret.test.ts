import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '@sluice/core'
import { createSecretReader } from '../../src/secrets/read-secret.ts'

const decrypt = (text: string): string => text.replace(/^sealed:/, '')

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

const read = createSecretReader({ decrypt }, { VAULT_TOKEN: 'from-env' })
const managerOf = (value: JsonObject) => ({ key: '/secrets/vault/1', value, createdIndex: 1, modifiedIndex: 1 })

test('asks Vault with the token, decrypted or from the environment, for an escaped path', async (t) => {
  const asked: unknown[] = []
  const uri = await serve(t, ({ url, headers }, response) => {
    asked.push([url, headers['x-vault-token'], headers['x-vault-namespace']])
    response.end('{"data":{"password":"p"}}')
  })
  const manager = (token: string) => managerOf({ uri: `${uri}/`, prefix: '/kv/a', token })
  assert.equal(await read('$secret://vault/1/b c/d/password', manager('sealed:t')), 'p')
  assert.equal(await read('$SECRET://Vault/1/b/password', manager('$env://VAULT_TOKEN')), 'p')
  assert.deepEqual(asked, [
    ['/v1/kv/a/b%20c/d', 't', undefined],
    ['/v1/kv/a/b', 'from-env', undefined],
  ])
})

for (const [title, listener, expected] of [
  ['a redirect, which would take the token along', redirect, /Vault answered 302$/],
  ['a refusal', (_q, response) => response.writeHead(403).end('the body'), /403: the token does not let it read/],
  ['what is no JSON', (_q, response) => response.end('"secret'), /Vault answered what is no JSON$/],
  ['no data', (_q, response) => response.end('{"data":null}'), /the secret kv\/a of Vault has no key b with a text$/],
  ['another key', (_q, response) => response.end('{"data":{"c":"s"}}'), /has no key b with a text$/],
  ['a number', (_q, response) => response.end('{"data":{"b":1}}'), /has no key b with a text$/],
] as const satisfies readonly (readonly [string, RequestListener, RegExp])[]) {
  test(`tells ${title}`, async (t) => {
    const uri = await serve(t, listener)
    const reading = read('$secret://vault/1/a/b', managerOf({ uri, prefix: 'kv', token: 't' }))
    await assert.rejects(reading, (error: Error) => {
      assert.match(error.message, /^the secret \$secret:\/\/vault\/1\/a\/b cannot be read: /)
      assert.match(error.message, expected)
      return true
    })
  })
}

/** The address of a server that is gone. */
async function serveOnce(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${address.port}`
}

function redirect(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
}

test('tells what is wrong with a reference, its manager and its address', async () => {
  const manager = managerOf({ uri: 'http://127.0.0.1:1', prefix: 'kv', token: 't' })
  await assert.rejects(read('$secret://vault/1/a', manager), /it has to be \$secret:\/\/<manager>\/<id>\/<path>\/<key>/)
  await assert.rejects(read('$secret://aws/1/a/b', manager), /this version has no manager aws, only vault/)
  await assert.rejects(read('$secret://vault/9/a/b', undefined), /there is no secret manager vault\/9: make it/)
  const unset = managerOf({ uri: 'http://127.0.0.1:1', prefix: 'kv', token: '$env://NOBODY' })
  await assert.rejects(
    read('$secret://vault/1/a/b', unset),
    /^SECRET_UNREAD: the secret .*: the reference \$env:\/\/NOBODY cannot be followed/,
  )
  const uri = await serveOnce()
  const gone = managerOf({ uri, prefix: 'kv', token: 't' })
  await assert.rejects(read('$secret://vault/1/a/b', gone), /Vault cannot be reached: .*ECONNREFUSED/)
})
