import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import {
  adminKey,
  type CertificateSet,
  makeCertificates,
  readPem,
  requireTool,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { waitFor } from './support/wait.ts'

/** Sends bytes as they are, and gives everything that comes back. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  // No end of ours: the server would take it for a client that has left.
  socket.write(bytes)
  return text(socket)
}

const head = (line: string, ...headers: readonly string[]): string => [line, ...headers, '', ''].join('\r\n')

describe('an Admin API on loopback', () => {
  let gateway: TestGateway
  let slow: Promise<string>
  before(async () => {
    gateway = await startGateway({ deployment: '    allowed_hosts: [gateway.example]' })
    // It has 10 seconds, in which the others are asked.
    slow = sendRaw(gateway.adminUrl, 'GET /apisix/admin HTTP/1.1\r\nHost: loc')
  })
  after(() => gateway?.stop())

  const ask = (...headers: readonly string[]) =>
    sendRaw(
      gateway.adminUrl,
      head('GET /apisix/admin/routes HTTP/1.1', `X-API-KEY: ${adminKey}`, 'Connection: close', ...headers),
    )

  const cases: readonly (readonly [what: string, headers: readonly string[], status: number])[] = [
    ['its address', ['Host: 127.0.0.1:9180'], 200],
    ['localhost', ['Host: localhost'], 200],
    ['a name that is configured', ['Host: gateway.example:9180'], 200],
    ['a name that leads to it all the same', ['Host: evil.example'], 403],
    ['no name', [], 400],
    ['its own page', ['Host: localhost:9180', 'Origin: http://localhost:9180'], 200],
    ['a page of another site', ['Host: localhost:9180', 'Origin: https://evil.example'], 403],
    // It is the address of the socket that counts, whatever a request says of it.
    ['one who says where from', ['Host: localhost', 'X-Forwarded-For: 192.0.2.1', 'Forwarded: for=192.0.2.1'], 200],
  ]
  for (const [what, headers, status] of cases) {
    it(`answers ${status} to ${what}`, async () => {
      assert.match(await ask(...headers), new RegExp(`^HTTP/1\\.1 ${status} `))
    })
  }

  const malformed: readonly (readonly [what: string, bytes: string, status: string])[] = [
    ['what is no HTTP', 'nonsense\r\n\r\n', '400 Bad Request'],
    ['two lengths', head('GET / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 2'), '400 Bad Request'],
    [
      'headers without an end',
      head('GET /apisix/admin HTTP/1.1', 'Host: localhost', `X: ${'x'.repeat(20_000)}`),
      '431 Request Header Fields Too Large',
    ],
  ]
  for (const [what, bytes, status] of malformed) {
    it(`answers ${what} with the headers of every answer`, async () => {
      const answer = await sendRaw(gateway.adminUrl, bytes)
      const [heading = '', body = ''] = answer.split('\r\n\r\n')
      assert.ok(heading.startsWith(`HTTP/1.1 ${status}\r\n`), heading)
      for (const header of ['Cache-Control: no-store', 'X-Content-Type-Options: nosniff', 'Server: Sluice']) {
        assert.ok(heading.split('\r\n').includes(header), heading)
      }
      assert.equal(typeof JSON.parse(body).error_msg, 'string')
    })
  }

  it('knows a path by its normal form only, also in the form that proxies get', async () => {
    const spelled = (path: string) =>
      sendRaw(gateway.adminUrl, head(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'))
    for (const path of ['/apisix/admin/routes', '/apisix//admin/%72outes', '/x/%2e%2e/apisix/admin%2froutes/']) {
      assert.match(await spelled(path), /^HTTP\/1\.1 401 /, path)
    }
    for (const path of ['http://localhost/apisix/admin/routes', '/apisix/admin/%zz', '/..%2fapisix/admin/routes']) {
      assert.match(await spelled(path), /^HTTP\/1\.1 400 /, path)
    }
  })

  it('gives up a client that sends its headers too slowly', async () => {
    assert.match(await slow, /^HTTP\/1\.1 408 Request Timeout\r\n.*Cache-Control: no-store\r\n/s)
  })
})

const openssl = requireTool('openssl')

describe('an Admin API with TLS', { skip: openssl.skip }, () => {
  let folder: string
  let gateway: TestGateway
  let first: CertificateSet
  let second: CertificateSet

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-admin-'))
    first = await makeCertificates(join(folder, 'first'))
    second = await makeCertificates(join(folder, 'second'))
    await use(first)
    const files = '{ admin_ssl_cert: admin.pem, admin_ssl_cert_key: admin.key, admin_ssl_ca_cert: clients.pem }'
    gateway = await startGateway({ folder, deployment: `    https_admin: true\n    admin_api_mtls: ${files}` })
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const use = async ({ certFile, keyFile, caFile }: CertificateSet): Promise<void> => {
    await copyFile(certFile, join(folder, 'admin.pem'))
    await copyFile(keyFile, join(folder, 'admin.key'))
    await copyFile(caFile, join(folder, 'clients.pem'))
  }

  /** The status of an answer, or why there is none. */
  const ask = async (options: RequestOptions): Promise<number | string | undefined> => {
    const headers = { 'x-api-key': adminKey }
    const sent = request(`${gateway.adminUrl}/apisix/admin/routes`, { headers, agent: false, ...options }).end()
    try {
      const [response] = await once(sent, 'response')
      response.resume()
      return response.statusCode
    } catch (error) {
      return String(error)
    }
  }
  const asClientOf = async ({ caFile, clientCertFile, clientKeyFile }: CertificateSet): Promise<RequestOptions> => ({
    ca: await readPem(caFile),
    cert: await readPem(clientCertFile),
    key: await readPem(clientKeyFile),
  })

  it('answers to those with a certificate, from TLS 1.2 on', async () => {
    assert.match(gateway.adminUrl, /^https:/)
    const client = await asClientOf(first)
    assert.equal(await ask(client), 200)
    assert.equal(await ask({ ...client, maxVersion: 'TLSv1.2' }), 200)
    const old: RequestOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    assert.match(String(await ask({ ...client, ...old })), /alert protocol version/)
  })

  it('answers nobody without a certificate, or with one of other authorities', async () => {
    const { ca } = await asClientOf(first)
    assert.equal(typeof (await ask({ ca })), 'string', 'the connection fails')
    const stranger = await asClientOf(second)
    assert.equal(typeof (await ask({ ...stranger, ca })), 'string', 'the connection fails')
  })

  it('takes new certificates and authorities while it runs', async () => {
    await use(second)
    const [before, now] = [await asClientOf(first), await asClientOf(second)]
    await waitFor(
      'the new certificate',
      () => ask(now),
      (status) => status === 200,
    )
    assert.notEqual(await ask(before), 200)
    assert.notEqual(await ask({ ...before, ca: now.ca }), 200)
  })
})

describe('an Admin API whose certificate is not there', () => {
  it('does not start, and names the file', async () => {
    const deployment =
      '    https_admin: true\n    admin_api_mtls: { admin_ssl_cert: none.pem, admin_ssl_cert_key: none.key }'
    await assert.rejects(startGateway({ deployment }), /ADMIN_TLS_UNUSABLE|cannot use \S+none\.pem for the TLS/)
  })
})
