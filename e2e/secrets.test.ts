import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  adminKey,
  connectPubSub,
  makeCertificates,
  readPem,
  sharedKafka,
  startGateway,
  type TestGateway,
  UpgradeRefused,
  viewerKey,
} from '@sluice/harness'
import { kafkaRoute, listenerOf, putRoute } from './support/routes.ts'

/** Values that are nowhere else, so that each place where one shows is a leak. */
const canaries = {
  password: 'canary-password-4f1c',
  changedPassword: 'canary-changed-77b0',
  wrongPassword: 'canary-wrong-a3d9',
  adminKey: 'canary-admin-key-51ce',
  dataKey: 'canary-data-key-9e02',
  queryToken: 'canary-query-token-c6f8',
}

const username = 'canary-user'

describe('secrets', () => {
  let folder: string
  let gateway: TestGateway
  let clientCert: string
  let clientKey: string
  /** Every answer that a client or a viewer got. */
  const answers: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-secrets-'))
    const certificates = await makeCertificates(join(folder, 'certificates'))
    clientCert = await readPem(certificates.clientCertFile)
    clientKey = await readPem(certificates.clientKeyFile)
    gateway = await startGateway({ folder })
    await makeRoutes()
    await readRoutes()
    await askWrongly()
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const admin = async (key: string, method: string, path: string, body?: object | string): Promise<string> => {
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const response = await fetch(`${gateway.adminUrl}/apisix/admin${path}`, {
      method,
      headers: { 'x-api-key': key },
      ...(text === undefined ? {} : { body: text }),
    })
    return `${response.status} ${await response.text()}`
  }

  /** Routes that hold every kind of secret and fail in every step in which one is used. */
  async function makeRoutes(): Promise<void> {
    const kafka = await sharedKafka()
    const sasl = (password: string, mechanism = 'PLAIN') => ({
      'kafka-proxy': { sasl: { mechanism, username, password } },
    })
    const routes: [id: string, route: { readonly uri: string }][] = [
      ['plain', kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { uri: '/plain', plugins: sasl(canaries.password) })],
      ...['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism): [string, { readonly uri: string }] => [
        mechanism,
        kafkaRoute([listenerOf(kafka, 'saslSsl')], {
          uri: `/${mechanism}`,
          tls: { verify: false },
          plugins: sasl(canaries.password, mechanism),
        }),
      ]),
      [
        'untrusted',
        kafkaRoute([listenerOf(kafka, 'saslSsl')], {
          uri: '/untrusted',
          tls: { verify: true, client_cert: clientCert, client_key: clientKey },
          plugins: sasl(canaries.password),
        }),
      ],
      [
        'not-sasl',
        kafkaRoute([listenerOf(kafka, 'plaintext')], { uri: '/not-sasl', plugins: sasl(canaries.password) }),
      ],
      ['nobody', kafkaRoute(['127.0.0.1:1'], { uri: '/nobody', plugins: sasl(canaries.password) })],
    ]
    for (const [id, route] of routes) {
      await putRoute(gateway, id, route)
      const client = await connectPubSub(`${gateway.socketUrl}${route.uri}?token=${canaries.queryToken}`, {
        headers: { authorization: `Bearer ${canaries.dataKey}`, 'x-api-key': canaries.dataKey },
      })
      const { error_resp } = await client.request({ cmd_kafka_fetch: { topic: 't', partition: 0, offset: 0n } })
      assert.ok(error_resp, `the route ${id} fails`)
      answers.push(error_resp.message)
      await client.close()
    }
    await putRoute(gateway, 'plain', {
      ...kafkaRoute([listenerOf(kafka, 'saslPlaintext')], { plugins: sasl(canaries.changedPassword) }),
      uri: '/plain',
    })
  }

  async function readRoutes(): Promise<void> {
    for (const path of ['/routes', '/routes/plain', '/routes/untrusted', '/routes?page=1&page_size=10', '/upstreams']) {
      answers.push(await admin(viewerKey, 'GET', path))
    }
  }

  /** Requests that are refused, with a secret in them. */
  async function askWrongly(): Promise<void> {
    const { wrongPassword } = canaries
    const wrong: object[] = [
      kafkaRoute(['a:1'], { plugins: { 'kafka-proxy': { sasl: { username: 7, password: wrongPassword } } } }),
      kafkaRoute(['a:1'], { plugins: { 'kafka-proxy': { sasl: { username, password: [wrongPassword] } } } }),
      kafkaRoute(['a:1'], { plugins: { 'kafka-proxy': { sasl: wrongPassword } } }),
      kafkaRoute(['a:1'], { tls: { client_cert: clientCert, client_key: wrongPassword } }),
      { ...kafkaRoute(['a:1'], { plugins: { 'kafka-proxy': { sasl: { username, password: wrongPassword } } } }), x: 1 },
    ]
    for (const body of wrong) {
      const answer = await admin(adminKey, 'PUT', '/routes/wrong', body)
      assert.match(answer, /^400 /)
      answers.push(answer)
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await admin(canaries.adminKey, method, '/routes/plain', method === 'PUT' ? wrong[0] : undefined)
      assert.match(answer, /^401 /)
      answers.push(answer)
    }
    answers.push(await admin(viewerKey, 'PATCH', '/routes/plain', { plugins: { 'kafka-proxy': { sasl: wrong[0] } } }))
    const nowhere = connectPubSub(`${gateway.socketUrl}/nowhere?token=${canaries.queryToken}`, {
      headers: { authorization: canaries.dataKey },
    })
    await assert.rejects(nowhere, (error) => {
      assert.ok(error instanceof UpgradeRefused)
      answers.push(error.body)
      return true
    })
  }

  /** Fails where a text holds a secret, and says which. */
  const assertClean = (what: string, text: string): void => {
    for (const [name, canary] of Object.entries({ ...canaries, adminKeyInUse: adminKey, viewerKey, ...pemLines() })) {
      assert.ok(!text.includes(canary), `${what} shows ${name}: …${around(text, canary)}…`)
      const encoded = Buffer.from(canary).toString('base64').slice(0, -4)
      assert.ok(!text.includes(encoded), `${what} shows ${name} in base64`)
    }
  }
  const pemLines = () =>
    Object.fromEntries(
      clientKey
        .split('\n')
        .slice(1, 3)
        .map((line, index) => [`clientKey${index}`, line]),
    )

  it('are known to who may see them, so the test looks for what is there', async () => {
    assert.ok((await admin(adminKey, 'GET', '/routes/plain')).includes(canaries.changedPassword))
    assert.ok((await admin(adminKey, 'GET', '/routes/untrusted')).includes(clientKey.split('\n')[1] ?? ''))
    assert.throws(() => assertClean('a text', `"${canaries.password}"`), /a text shows password/)
  })

  it('are in no answer to a client, to a viewer or to a request that is refused', () => {
    assert.ok(answers.length > 15)
    for (const answer of answers) assertClean('an answer', answer)
    const all = answers.join('\n')
    for (const said of [/SASL authentication with broker/, /TLS with broker/, /refused the connection/, /\*{6}/]) {
      assert.match(all, said)
    }
  })

  it('are in no line of the log, at the level debug', () => {
    const log = gateway.log.join('\n')
    for (const said of [/SASL\/PLAIN without TLS/, /configuration changed/, /wrong apikey/]) assert.match(log, said)
    assertClean('the log', log)
  })

  it('are in no metric', async () => {
    const metrics = await (await fetch(`${gateway.statusUrl}/metrics`)).text()
    assert.match(metrics, /sluice_/)
    assertClean('/metrics', metrics)
  })

  it('are in no file of the data folder but the configuration and the certificates that the test made', async () => {
    const files = await filesIn(folder, ['certificates', 'sluice.yaml'])
    assert.ok(
      files.some((file) => basename(file).startsWith('config.sqlite')),
      files.join(', '),
    )
    for (const file of files) assertClean(basename(file), await readFile(file, 'latin1'))
  })
})

function around(text: string, found: string): string {
  const at = text.indexOf(found)
  return text.slice(Math.max(0, at - 80), at + found.length + 20)
}

async function filesIn(folder: string, except: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const lists = entries
    .filter(({ name }) => !except.includes(name))
    .map((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesIn(path, except) : [path]
    })
  return (await Promise.all(lists)).flat()
}
