import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import {
  repositoryRoot,
  requirePythonProtobuf,
  requireTool,
  sharedKafka,
  startGateway,
  startProcess,
  type TestGateway,
} from '@sluice/harness'
import { chromium } from 'playwright-core'
import { makeDocumentedTopic } from './support/documented-topic.ts'
import { kafkaRoute, putRoute } from './support/routes.ts'

const run = promisify(execFile)

/** Why read.py cannot run on this Python, or false where it can. */
function missingWebSocketClient(python: string): string | false {
  const { status } = spawnSync(python, ['-c', 'import websocket'], { stdio: 'ignore' })
  if (status === 0) return false
  assert.notEqual(process.env.REQUIRE_ALL, '1', 'python3 lacks websocket-client: install it as .ci/run does')
  return 'python3 with the package websocket-client is not installed'
}

const examples = join(repositoryRoot, 'docs/examples')

async function runClient(file: string, args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const client = spawn(process.execPath, [join(examples, file), ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(client, 'close')
  const stderr = await text(client.stderr)
  const [status] = await closed
  return { status, stderr }
}

const topic = `docs-clients-${process.pid}`

describe('the clients of docs/examples', () => {
  let gateway: TestGateway
  let url: string
  let values: readonly string[]

  before(async () => {
    values = await makeDocumentedTopic(topic)
    gateway = await startGateway()
    const { plaintext = '' } = (await sharedKafka()).bootstrap
    url = await putRoute(gateway, 'docs', kafkaRoute([plaintext]))
  })
  after(async () => {
    await gateway?.stop()
  })

  it('read.mjs follows the end of the log', async (t) => {
    const growing = `${topic}-growing`
    await makeDocumentedTopic(growing)
    const reader = await startProcess(process.execPath, [join(examples, 'read.mjs'), url, growing, '--follow'])
    t.after(() => reader.stop())
    await reader.waitFor(/in one command\n/)
    const producer = await (await sharedKafka()).producer()
    await producer.send(growing, [{ key: 'late', value: 'written while it follows', partition: 0 }])
    await reader.waitFor(/^5 {2}\S+ {2}late {2}written while it follows$/m)
  })

  it('what goes wrong is one line and exit code 1', async () => {
    const nowhere = url.replace(/\/[^/]*$/, '/nowhere')
    const cases: [args: string[], said: RegExp][] = [
      [['read.mjs', url, 'no-such-topic'], /^error 100: .*err: not found topic\n$/],
      [['read.mjs', nowhere, topic], /^refused with HTTP 404: 404 Route Not Found\n$/],
      [['read.mjs', 'ws://127.0.0.1:1/kafka', topic], /^cannot read from ws:.*ECONNREFUSED.*\n$/],
      [['read.mjs', '--form', 'latest'], /^Unknown option '--form'; .*\n$/],
      [['read-json.mjs', nowhere, topic], /^refused with HTTP 404: .*404 Route Not Found.*\n$/],
      [['read-json.mjs', 'ws://127.0.0.1:1/kafka', topic], /^cannot read from ws:.*ECONNREFUSED.*\n$/],
    ]
    for (const [[file = '', ...args], said] of cases) {
      const { status, stderr } = await runClient(file, args)
      assert.match(stderr, said)
      assert.equal(status, 1)
    }
  })

  const python = requirePythonProtobuf()
  const protoc = requireTool('protoc')
  const skip = python.skip || protoc.skip || missingWebSocketClient(python.path)
  it('read.py reads with code that protoc generated', { skip }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-docs-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    await run(protoc.path, [`--python_out=${folder}`, `--proto_path=${join(repositoryRoot, 'proto')}`, 'pubsub.proto'])
    const env = { ...process.env, PYTHONPATH: folder }
    const { stdout } = await run(python.path, [join(examples, 'read.py'), url, topic], { env })
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => line.replace(/ {2}\d{4}-\S+Z {2}/, '  <time>  ')),
      values.map((value, index) => `${index}  <time>  key-${index + 1}  ${value}`),
    )
  })

  const browser = requireTool('chromium')
  it('read.html reads in a browser', { skip: browser.skip }, async (t) => {
    const opened = await chromium.launch({ executablePath: browser.path, args: ['--no-sandbox'] })
    t.after(() => opened.close())
    const page = await opened.newPage()
    await page.goto(`${pathToFileURL(join(examples, 'read.html'))}?${new URLSearchParams({ url, topic })}`)
    await page.getByText('next offset 5').waitFor()
    assert.deepEqual(await page.locator('#records li').allTextContents(), values)
  })
})
