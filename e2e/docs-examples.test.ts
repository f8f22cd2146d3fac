import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { adminKey, repositoryRoot, requireTool, sharedKafka, startGateway, type TestGateway } from '@sluice/harness'
import { readText } from '../scripts/docs/markdown.ts'
import { type Example, examplesOf, pagesWithExamples } from '../scripts/docs/marks.ts'
import { makeDocumentedTopic } from './support/documented-topic.ts'

const topic = `docs-examples-${process.pid}`
const curl = requireTool('curl')

/** The commands of every page do what the page says, in the order of the page, against a fresh gateway. */
for (const page of pagesWithExamples()) {
  describe(`the commands of ${page}`, { skip: curl.skip }, () => {
    let gateway: TestGateway
    let places: Places

    before(async () => {
      await topicMade()
      // Only with this store has the Admin API all of its operations.
      const isWhole = page === 'docs/admin-api-operations.md'
      const deployment = isWhole ? '  role_traditional: { config_provider: memory }' : ''
      gateway = await startGateway({ deployment, config: configurationOf(page) })
      places = await placesOf(gateway)
    })
    after(async () => {
      await gateway?.stop()
    })

    for (const example of examplesOf(page)) {
      it(example.at, async () => {
        const { code, stdout } = await runCommand(places.fromDocument(example.command))
        checkAnswer(example, places.toDocument(stdout))
        assert.equal(code, showsFailure(example) ? 1 : 0)
      })
    }
  })
}

/** The page of a scheme that is loaded by the configuration begins with what loads it. */
function configurationOf(page: string): string {
  const [, yaml = ''] = /```yaml\n(schemes:[\s\S]*?)```/.exec(readText(page)) ?? []
  return page.startsWith('docs/schemes/') ? yaml : ''
}

let made: Promise<unknown> | undefined
function topicMade(): Promise<unknown> {
  made ??= makeDocumentedTopic(topic)
  return made
}

/** Whether the page shows how a client of docs/examples tells that a command failed. */
const showsFailure = ({ answer }: Example): boolean => /^error \d+: /.test(answer?.text ?? '')

async function runCommand(command: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    SLUICE_ADMIN_KEY: adminKey,
    // What npm finds wrong with the settings of a machine is not part of the page.
    npm_config_loglevel: 'error',
  }
  const running = spawn('sh', ['-c', `exec 2>&1\n${command}`], {
    cwd: repositoryRoot,
    env,
    timeout: 60_000,
    // Open and silent, as a terminal in which nobody types: wscat leaves when its input ends.
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(running, 'close')
  const stdout = await text(running.stdout)
  const [code] = await closed
  return { code, stdout }
}

/** Addresses and the topic of the documentation, and those of the test. */
interface Places {
  fromDocument(text: string): string
  toDocument(text: string): string
}

async function placesOf({ adminUrl, dataUrl, statusUrl }: TestGateway): Promise<Places> {
  const { bootstrap } = await sharedKafka()
  const pairs: [documented: string, actual: string][] = [
    ['127.0.0.1:9180', new URL(adminUrl).host],
    ['127.0.0.1:9080', new URL(dataUrl).host],
    ['127.0.0.1:9091', new URL(statusUrl).host],
    ['127.0.0.1:9092', listener(bootstrap.plaintext)],
    ['127.0.0.1:9094', listener(bootstrap.saslPlaintext)],
    ['127.0.0.1:9095', listener(bootstrap.saslSsl)],
    ['sluice-demo', topic],
  ]
  return {
    fromDocument: (text) => replaceAll(text, pairs),
    toDocument: (text) =>
      replaceAll(
        text,
        pairs.map(([documented, actual]) => [actual, documented]),
      ),
  }
}

function listener(address: string | undefined): string {
  assert.ok(address, 'the shared Kafka has every kind of listener')
  return address
}

function replaceAll(text: string, pairs: readonly (readonly [string, string])[]): string {
  const parts = pairs.map(([from]) => from.replaceAll('.', '\\.'))
  const known = new Map(pairs)
  return text.replaceAll(new RegExp(parts.join('|'), 'g'), (found) => known.get(found) ?? found)
}

function checkAnswer({ answer }: Example, output: string): void {
  if (answer === undefined) {
    assert.doesNotMatch(output, /"error_msg"/)
  } else if (answer.language === 'json') {
    assert.deepEqual(steady(JSON.parse(output)), steady(JSON.parse(answer.text)))
  } else {
    assert.equal(withoutTimes(output.trimEnd()), withoutTimes(answer.text))
  }
}

const volatile = new Set(['create_time', 'update_time', 'createdIndex', 'modifiedIndex', 'timestamp', 'duration_ms'])

/** A JSON value in which times and revisions are only known to be numbers. */
function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, volatile.has(name) ? typeof field : steady(field)]),
  )
}

function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
}
