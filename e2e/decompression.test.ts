import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  connectPubSub,
  type KafkaCluster,
  type PubSubClient,
  sharedKafka,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const

/** A gateway whose thread for large compressed answers is held until a test lets it go. */
describe('large compressed answers', () => {
  const prefix = `decompression-${process.pid}`
  // What codecs bring to about half.
  const value = randomBytes(350_000).toString('hex')
  let folder: string
  let kafka: KafkaCluster
  let gateway: TestGateway
  let url: string
  const clients: PubSubClient[] = []

  const connect = async (): Promise<PubSubClient> => {
    const client = await connectPubSub(url)
    clients.push(client)
    return client
  }
  const fetch = (topic: string) => ({ topic, partition: 0, offset: 0n, max_bytes: 2_000_000 })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-decompression-'))
    kafka = await sharedKafka()
    const producer = await kafka.producer()
    for (const compression of codecs) {
      await kafka.createTopic(`${prefix}-${compression}`)
      await producer.send(`${prefix}-${compression}`, [{ value, partition: 0 }], { compression })
    }
    const preload = new URL('support/hold-decompression.mjs', import.meta.url).href
    gateway = await startGateway({
      workers: 1,
      env: {
        NODE_OPTIONS: `--import=${preload}`,
        HOLD_BEGUN: join(folder, 'begun'),
        HOLD_UNTIL: join(folder, 'until'),
      },
    })
    url = await putRoute(gateway, 'decompression', kafkaRoute([plaintext(kafka)]))
  })
  after(async () => {
    for (const client of clients) client.terminate()
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('are decompressed while the gateway serves others', async () => {
    const [reading, leaving, other] = [await connect(), await connect(), await connect()]
    let isAnswered = false
    const asked = reading.request({ sequence: 1n, cmd_kafka_fetch: fetch(`${prefix}-gzip`) }).finally(() => {
      isAnswered = true
    })
    await waitFor('the thread', async () => existsSync(join(folder, 'begun')), Boolean)
    await other.ping(Buffer.from('others'))
    const { kafka_list_offset_resp } = await other.request({
      sequence: 2n,
      cmd_kafka_list_offset: { topic: `${prefix}-gzip`, partition: 0, timestamp: -1n },
    })
    assert.equal(kafka_list_offset_resp?.offset, 1n)
    void leaving.request({ sequence: 3n, cmd_kafka_fetch: fetch(`${prefix}-zstd`) }).catch(() => {})
    await leaving.ping(Buffer.from('asked'))
    leaving.terminate()
    assert.equal(isAnswered, false)
    await writeFile(join(folder, 'until'), '')
    const { kafka_fetch_resp } = await asked
    assert.equal(Buffer.from(kafka_fetch_resp?.messages?.[0]?.value ?? []).toString(), value)
  })

  it('come whole, of every codec, also as text', async () => {
    const client = await connect()
    const text = await connectPubSub(`${url}?bytes=text`)
    clients.push(text)
    for (const [index, codec] of codecs.entries()) {
      for (const reader of [client, text]) {
        const { kafka_fetch_resp } = await reader.request({
          sequence: BigInt(index + 10),
          cmd_kafka_fetch: fetch(`${prefix}-${codec}`),
        })
        assert.equal(Buffer.from(kafka_fetch_resp?.messages?.[0]?.value ?? []).toString(), value)
      }
    }
  })

  it('leave nothing behind', async () => {
    const held = () => gateway.metric('sluice_kafka_buffers')
    assert.equal(await waitFor('the buffers to be given back', held, (buffers) => buffers === 0), 0)
  })
})
