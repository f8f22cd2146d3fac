import assert from 'node:assert/strict'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  type Compression,
  connectPubSub,
  type KafkaBroker,
  type KafkaHandle,
  type PubSubClient,
  startGateway,
  startKafka,
  type TestGateway,
} from '@sluice/harness'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'

/** A batch in the file of a segment; changes are made in place. */
type Damage = (batch: Buffer) => void

/** A way to damage the second of three batches, which has the offsets 2 and 3. */
interface Case {
  readonly topic: string
  readonly compression?: Compression
  readonly damage: Damage
}

const CRC = 17
const CRC_FROM = 21
const RECORDS = 61

/** CRC-32C bit by bit. */
const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

const flip = (batch: Buffer, at: number): void => {
  batch.writeUInt8(batch.readUInt8(at) ^ 0x55, at)
}

/** Damage that the checksum does not show, as of a producer or broker that wrote it so. */
const sealed =
  (damage: Damage): Damage =>
  (batch) => {
    damage(batch)
    batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), CRC)
  }

const lengthen = (by: number): Damage => {
  return (batch) => {
    batch.writeInt32BE(batch.readInt32BE(8) + by, 8)
  }
}

/** Those whose length is right: what the client is told, and that it leads to the next batch. */
const readable: (Case & { readonly reason: RegExp })[] = [
  {
    topic: 'crc',
    damage: (batch) => flip(batch, batch.length - 2),
    reason: /CRC-32C 0x[0-9a-f]{8} where its header says 0x/,
  },
  { topic: 'last-offset', damage: (batch) => batch.writeInt32BE(900, 23), reason: /CRC-32C/ },
  {
    topic: 'gzip',
    compression: 'gzip',
    damage: sealed((batch) => flip(batch, batch.length - 12)),
    reason: /cannot be decompressed/,
  },
  { topic: 'snappy', compression: 'snappy', damage: sealed((batch) => flip(batch, RECORDS + 16)), reason: /snappy/ },
  { topic: 'lz4', compression: 'lz4', damage: sealed((batch) => flip(batch, RECORDS + 8)), reason: /lz4/ },
  {
    topic: 'zstd',
    compression: 'zstd',
    damage: sealed((batch) => flip(batch, batch.length - 2)),
    reason: /cannot be decompressed/,
  },
  {
    topic: 'record-length',
    damage: sealed((batch) => flip(batch, RECORDS)),
    reason: /a record that ends outside the batch/,
  },
  {
    topic: 'record-count',
    damage: sealed((batch) => batch.writeInt32BE(1_000_000_000, 57)),
    reason: /says it has 1000000000 records, in \d+ bytes/,
  },
]

/** Those that no broker can walk past either: only its index leads to later batches. */
const unreadable: Case[] = [
  { topic: 'longer', damage: lengthen(13) },
  { topic: 'far-longer', damage: lengthen(1_000_000) },
  { topic: 'shorter', damage: lengthen(-13) },
  { topic: 'negative-length', damage: lengthen(-100_000) },
  // The byte behind the format is that of the codec in format 1, and else of the checksum: whether the broker can read the
  // batch as an old one, and so gets past it, would be left to chance.
  { topic: 'old-magic', damage: (batch) => batch.writeUInt16BE(0x01_07, 16) },
]

/** Damages the second batch of a partition in the file that the broker has open: it hands the bytes out as they are. */
async function damageSecondBatch(broker: KafkaBroker, topic: string, damage: Damage): Promise<void> {
  const folder = join(broker.dataDirectory, `${topic}-0`)
  const name = (await readdir(folder)).find((file) => file.endsWith('.log'))
  assert.ok(name)
  const file = await open(join(folder, name), 'r+')
  try {
    const bytes = await file.readFile()
    const start = 12 + bytes.readInt32BE(8)
    const batch = bytes.subarray(start, start + 12 + bytes.readInt32BE(start + 8))
    damage(batch)
    await file.write(batch, 0, batch.length, start)
  } finally {
    await file.close()
  }
}

describe('a batch that is damaged on the disk of a broker', () => {
  let kafka: KafkaHandle
  let gateway: TestGateway
  let client: PubSubClient

  before(async () => {
    kafka = await startKafka({ listeners: ['PLAINTEXT'] })
    gateway = await startGateway()
    const producer = await kafka.producer()
    const [broker] = kafka.brokers
    assert.ok(broker)
    for (const { topic, compression = 'none', damage } of [...readable, ...unreadable]) {
      // An entry of the index for each batch.
      await kafka.createTopic(topic, { config: { 'index.interval.bytes': '0' } })
      for (const batch of ['before', 'damaged', 'behind']) {
        const values = [`${batch} one, one, one, one, one`, `${batch} two, two, two, two, two`]
        const records = values.map((value) => ({ value, partition: 0 }))
        await producer.send(topic, records, { compression })
      }
      await damageSecondBatch(broker, topic, damage)
    }
    const route = kafkaRoute([plaintext(kafka)], { kafka: { command_timeout_ms: 2000 } })
    client = await connectPubSub(await putRoute(gateway, 'kafka', route))
  })
  after(async () => {
    await client?.close()
    await gateway?.stop()
    await kafka?.stop()
  })

  /** The messages as `offset text`, shortened, or the error. */
  const fetch = async (topic: string, offset: bigint) => {
    const { error_resp, kafka_fetch_resp } = await client.request({
      cmd_kafka_fetch: { topic, partition: 0, offset },
    })
    const messages = (kafka_fetch_resp?.messages ?? []).map(
      (message) => `${message.offset} ${Buffer.from(message.value).toString().slice(0, 10)}`,
    )
    return { messages, error: error_resp }
  }

  for (const { topic, reason } of readable) {
    it(`in its ${topic} is refused with the way past it`, async () => {
      assert.deepEqual((await fetch(topic, 0n)).messages, ['0 before one', '1 before two'])
      for (const offset of [2n, 3n]) {
        const { error, messages } = await fetch(topic, offset)
        assert.deepEqual(messages, [])
        assert.equal(error?.code, 130)
        assert.match(error.message, reason)
        const range = `failed to fetch message, topic: ${topic}, partition: 0, err: record batch at offsets 2 to 3 is damaged (`
        assert.ok(error.message.startsWith(range), error.message)
        const next = /\): fetch from offset (\d+) to go on$/.exec(error.message)?.[1]
        assert.ok(next, error.message)
        assert.deepEqual(await fetch(topic, BigInt(next)), {
          messages: ['4 behind one', '5 behind two'],
          error: undefined,
        })
      }
    })
  }

  for (const { topic } of unreadable) {
    it(`so that its length or format is wrong (${topic}) costs what stands behind it, and gives nothing wrong`, async () => {
      assert.deepEqual((await fetch(topic, 0n)).messages, ['0 before one', '1 before two'])
      for (const offset of [2n, 3n, 4n]) assert.deepEqual((await fetch(topic, offset)).messages, [])
      // The index of the broker has an entry for the last offset of each batch.
      assert.deepEqual(await fetch(topic, 5n), { messages: ['5 behind two'], error: undefined })
    })
  }

  it('so that its length is wrong is refused with a doubt', async () => {
    for (const topic of ['longer', 'shorter']) {
      const { error } = await fetch(topic, 2n)
      assert.equal(error?.code, 130)
      assert.match(
        error.message,
        /record batch at offsets 2 to 3 is damaged \(.*\): by its header, fetch from offset 4, or further on, to go on$/,
      )
    }
  })
})
