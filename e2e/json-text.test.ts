import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import {
  connectPubSub,
  repositoryRoot,
  requireTool,
  sharedKafka,
  startGateway,
  type TestGateway,
  UpgradeRefused,
} from '@sluice/harness'
import { chromium } from 'playwright-core'
import { codeBlocks, readText } from '../scripts/docs/markdown.ts'
import { nextText } from './support/answers.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

const bigJson = '{"id": 12345678901234567890, "rate": 1.10}'

/** Every kind of key and value that a topic can hold. */
const records: readonly { readonly key: string | Buffer | null; readonly value: string | Buffer | null }[] = [
  { key: 'order-1', value: bigJson },
  { key: '', value: '' },
  { key: null, value: null },
  { key: 'null', value: 'null' },
  { key: Buffer.from([0xff]), value: Buffer.from([0xc3, 0x28]) },
  { key: '7', value: 'é "quoted"\u0000' },
]

const topic = `json-text-${process.pid}`
const fetchAll = `{"sequence":"1","cmd_kafka_fetch":{"topic":"${topic}","offset":0}}`

describe('JSON in text frames, against Kafka', () => {
  let gateway: TestGateway
  let url: string

  before(async () => {
    const kafka = await sharedKafka()
    await kafka.createTopic(topic)
    const producer = await kafka.producer()
    await producer.send(
      topic,
      records.map((record) => ({ ...record, partition: 0 })),
    )
    gateway = await startGateway()
    url = await putRoute(gateway, 'json', kafkaRoute([plaintext(kafka)]))
  })
  after(async () => {
    await gateway?.stop()
  })

  const ask = async (query: string, command: string): Promise<string> => {
    const client = await connectPubSub(url + query)
    client.sendRaw(command)
    const text = await nextText(client)
    await client.close()
    return text
  }
  /** The messages of an answer, each as the text between its timestamp and its end. */
  const messages = async (query: string): Promise<string[]> => {
    const text = await ask(query, fetchAll)
    return [...text.matchAll(/"timestamp":"\d+",?(.*?)\}(?=,\{"offset"|\]\}\}$)/g)].map(([, rest = '']) => rest)
  }

  it('has keys and values in base64 by default, as the proto3 JSON mapping says', async () => {
    const plain = ['"key":"b3JkZXItMQ=="', '"key":""', '"key":""', '"key":"bnVsbA=="', '"key":"/w=="', '"key":"Nw=="']
    const found = await messages('?unrelated=1&value=text')
    assert.deepEqual(
      found.map((text) => text.split(',')[0]),
      plain,
    )
    const parsed = JSON.parse(await ask('', fetchAll)).kafka_fetch_resp.messages
    assert.deepEqual(
      parsed.map(({ value }: { value: string }) => Buffer.from(value, 'base64')),
      records.map(({ value }) => Buffer.from(value ?? '')),
    )
  })

  it('has them as text where the query asks, what is no UTF-8 and what is null told apart', async () => {
    assert.deepEqual(await messages('?bytes=text'), [
      '"key":"order-1","value":"{\\"id\\": 12345678901234567890, \\"rate\\": 1.10}"',
      '"key":"","value":""',
      '',
      '"key":"null","value":"null"',
      '"key_base64":"/w==","value_base64":"wyg="',
      '"key":"7","value":"é \\"quoted\\"\\u0000"',
    ])
  })

  it('has them as JSON where the query asks, character by character', async () => {
    assert.deepEqual(await messages('?bytes.key=text&bytes.value=json'), [
      `"key":"order-1","value":${bigJson}`,
      '"key":"","value_text":""',
      '',
      '"key":"null","value":null',
      '"key_base64":"/w==","value_base64":"wyg="',
      '"key":"7","value_text":"é \\"quoted\\"\\u0000"',
    ])
  })

  it('is no matter of binary frames', async () => {
    const client = await connectPubSub(`${url}?bytes=json`)
    const found = await client.fetch(topic, 0, 0n)
    assert.deepEqual(
      found.map(({ value }) => Buffer.from(value)),
      records.map(({ value }) => Buffer.from(value ?? '')),
    )
    await client.close()
  })

  it('refuses a query that it does not understand with HTTP 400, before the WebSocket', async () => {
    await assert.rejects(connectPubSub(`${url}?bytes=utf8`), (error) => {
      assert.ok(error instanceof UpgradeRefused)
      assert.equal(error.status, 400)
      const { code, error_msg } = JSON.parse(error.body)
      assert.equal(code, 'PUBSUB_WRONG_QUERY')
      assert.match(error_msg, /bytes has the value "utf8": write bytes=base64 or bytes=text or bytes=json/)
      return true
    })
  })

  it('takes an offset beyond 2^53 to the letter, as number and as string', async () => {
    for (const offset of ['9007199254740993', '"9007199254740993"']) {
      const { error_resp } = JSON.parse(await ask('', `{"cmdKafkaFetch":{"topic":"${topic}","offset":${offset}}}`))
      assert.match(error_resp.message, /err: OFFSET_OUT_OF_RANGE/)
    }
  })

  const mistakes: readonly [line: string, says: RegExp][] = [
    ['cmd_kafka_fetch', /the text is not JSON/],
    ['{"cmd_kafka_fetsh":{"topic":"t"}}', /no field "cmd_kafka_fetsh"; did you mean cmd_kafka_fetch\?/],
    ['{"cmd_kafka_fetch":{"topik":"t"}}', /cmd_kafka_fetch has no field "topik"; did you mean topic\?/],
    ['{"cmd_kafka_fetch":{"topic":7}}', /cmd_kafka_fetch\.topic should be a string, such as "text"/],
    ['{"cmd_kafka_fetch":{"offset":1.5}}', /cmd_kafka_fetch\.offset should be a 64-bit integer, such as "42" or 42/],
    ['{"cmd_kafka_fetch":{"partition":"x"}}', /cmd_kafka_fetch\.partition should be a 32-bit integer, such as 42/],
  ]
  for (const [line, says] of mistakes) {
    it(`says what is wrong with ${line}, and shows a command that works`, async () => {
      const { error_resp } = JSON.parse(await ask('', line))
      assert.equal(error_resp.code, 4)
      assert.match(error_resp.message, says)
      const [, example = ''] = error_resp.message.split('a command looks like this: ')
      const { error_resp: none } = JSON.parse(await ask('', example.replace('my-topic', topic)))
      assert.equal(none, undefined)
    })
  }

  const script = requireTool('script')
  it('answers what a person types into wscat', { skip: script.skip }, async (t) => {
    const wscat = join(repositoryRoot, 'node_modules/wscat/bin/wscat')
    const line = `${process.execPath} ${wscat} -c '${url}?bytes=text'`
    const terminal = spawn(script.path, ['-qefc', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => terminal.kill())
    const shown = showsOf(terminal.stdout)
    await shown(/Connected/)
    terminal.stdin.write('hello\n')
    await shown(/wrong command: the text is not JSON/)
    terminal.stdin.write(`${fetchAll}\n`)
    await shown(/"offset":"0","timestamp":"\d+","key":"order-1"/)
    const closed = once(terminal, 'close')
    terminal.stdin.write('\u0003')
    await closed
  })

  const browser = requireTool('chromium')
  it('answers the lines of the documentation in a browser’s console', { skip: browser.skip }, async (t) => {
    const [connect = '', send = ''] = codeBlocks(readText('docs/getting-started.md'))
      .filter(({ language }) => language === 'js')
      .map(({ text }) => text.replace('ws://127.0.0.1:9080/first', url).replace('sluice-demo', topic))
    const opened = await chromium.launch({ executablePath: browser.path, args: ['--no-sandbox'] })
    t.after(() => opened.close())
    const page = await opened.newPage()
    const console = await page.context().newCDPSession(page)
    const type = (expression: string) =>
      console.send('Runtime.evaluate', { expression, replMode: true, awaitPromise: true })
    await type(connect)
    await type('await new Promise((open) => { socket.onopen = open; if (socket.readyState === 1) open() })')
    const logged = page.waitForEvent('console')
    await type(send.replace('"offset":4', '"offset":5'))
    assert.match((await logged).text(), /^\{"sequence":"0",.*"key":"7","value":"é \\"quoted\\"\\u0000"\}\]\}\}$/)
  })
})

/** Waits for what a terminal shows, each time from where the last wait ended. */
function showsOf(output: NodeJS.ReadableStream): (what: RegExp) => Promise<void> {
  let text = ''
  let check = (): void => {}
  output.on('data', (chunk: Buffer) => {
    text += stripVTControlCharacters(chunk.toString())
    check()
  })
  return (what) =>
    new Promise((resolve, reject) => {
      check = () => {
        const found = what.exec(text)
        if (found === null) return
        text = text.slice(found.index + found[0].length)
        check = () => {}
        resolve()
      }
      output.once('close', () => reject(new Error(`the terminal ended and showed ${text}`)))
      check()
    })
}
