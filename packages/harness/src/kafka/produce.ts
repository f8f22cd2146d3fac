import type { CompressionTypes, Producer as KafkaJsProducer, Message, RecordMetadata, Transaction } from 'kafkajs'
import { openAdmin, type TopicOptions } from './admin.ts'
import { type KafkaJs, openKafkaJs } from './kafkajs.ts'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type Bytes = Uint8Array | string

export interface ProducedRecord {
  /** Absent and null both mean a null key. */
  readonly key?: Bytes | null
  /** Null is a tombstone. */
  readonly value: Bytes | null
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>
  /** Milliseconds since 1970-01-01; the current time by default. */
  readonly timestamp?: bigint
  /** Chosen by the key's hash by default. */
  readonly partition?: number
}

export interface SendOptions {
  /** `none` by default. */
  readonly compression?: Compression
  /** -1, the default, waits for all in-sync replicas; 1 for the leader; 0 for nothing. */
  readonly acks?: -1 | 0 | 1
}

/** Where the first record of one batch was written. */
export interface WrittenBatch {
  readonly partition: number
  readonly baseOffset: bigint
}

export interface Sender {
  /**
   * Writes records. Those of one call and one partition form one record batch, unless a timestamp lies beyond 2^53:
   * then each run of equal timestamps does. With `acks: 0` nothing is known about where they went.
   */
  send(topic: string, records: readonly ProducedRecord[], options?: SendOptions): Promise<WrittenBatch[]>
}

/** Ends with `commit` or `abort`, which resolve when every reader sees it: the markers are written in all partitions. */
export interface OpenTransaction extends Sender {
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface Producer extends Sender {
  /** Makes topics that are not there yet; those that are there stay as they are. */
  createTopics(topics: readonly ({ readonly name: string } & TopicOptions)[]): Promise<void>
  /** Begins a transaction; one at a time for each transactional id, which is made up by default. */
  transaction(transactionalId?: string): Promise<OpenTransaction>
  /** May be called twice. */
  close(): Promise<void>
}

/** How a producer meets brokers that fail. */
export interface ProducerOptions {
  /** Whether a record sent again is written once (KIP-98); false by default. Then wait for each `send` before the next. */
  readonly idempotent?: boolean
  /** How long one broker may take to answer, in milliseconds; 30,000 by default. */
  readonly requestTimeoutMs?: number
}

/**
 * Connects a producer.
 *
 * @param brokers bootstrap brokers of a listener without TLS and authentication, `host:port[,host:port]`
 */
export async function openProducer(
  brokers: string,
  { idempotent = false, requestTimeoutMs }: ProducerOptions = {},
): Promise<Producer> {
  const kafka = await openKafkaJs(brokers, requestTimeoutMs)
  const common = { createPartitioner: kafka.partitioner, allowAutoTopicCreation: false }
  // What kafkajs knows of leaders it looks at anew after this time only, where a broker is silent rather than refuses.
  const robust = { idempotent, maxInFlightRequests: 1, metadataMaxAge: 1000 }
  const producer = kafka.client.producer({ ...common, ...(idempotent && robust) })
  await producer.connect()
  const transactional = new Set<KafkaJsProducer>()

  const begin = async (transactionalId: string) => {
    const owner = kafka.client.producer({ ...common, transactionalId, idempotent: true, maxInFlightRequests: 1 })
    transactional.add(owner)
    await owner.connect()
    return { owner, transaction: await owner.transaction() }
  }
  const release = async (owner: KafkaJsProducer) => {
    transactional.delete(owner)
    await owner.disconnect()
  }
  // The broker answers the end of a transaction before it writes the markers, but lets the next one of the same id
  // begin only afterwards.
  const settle = async (transactionalId: string) => {
    const next = await begin(transactionalId)
    await next.transaction.abort()
    await release(next.owner)
  }
  return {
    send: senderOf(kafka, producer),
    createTopics: (topics) => createMissing(brokers, topics),
    async transaction(transactionalId = `sluice-${crypto.randomUUID()}`) {
      const { owner, transaction } = await begin(transactionalId)
      const end = async (how: 'commit' | 'abort') => {
        await transaction[how]()
        await release(owner)
        await settle(transactionalId)
      }
      return { send: senderOf(kafka, transaction), commit: () => end('commit'), abort: () => end('abort') }
    },
    async close() {
      const open = [producer, ...transactional]
      transactional.clear()
      await Promise.all(open.map((each) => each.disconnect()))
    },
  }
}

async function createMissing(brokers: string, topics: Parameters<Producer['createTopics']>[0]): Promise<void> {
  const admin = await openAdmin(brokers)
  try {
    const existing = await admin.topics()
    for (const { name, ...options } of topics) if (!existing.includes(name)) await admin.createTopic(name, options)
  } finally {
    await admin.close()
  }
}

function senderOf(kafka: KafkaJs, via: KafkaJsProducer | Transaction): Sender['send'] {
  return async (topic, records, options = {}) => {
    const compression = compressionType(kafka, options.compression ?? 'none')
    const written: WrittenBatch[] = []
    for (const batch of batchesOf(records)) {
      const messages = batch.map(messageOf)
      const answer = await via.send({ topic, messages, compression, acks: options.acks ?? -1 })
      written.push(...answer.map(writtenBatch))
    }
    return written
  }
}

function compressionType({ compressionTypes }: KafkaJs, name: Compression): CompressionTypes {
  switch (name) {
    case 'none':
      return compressionTypes.None
    case 'gzip':
      return compressionTypes.GZIP
    case 'snappy':
      return compressionTypes.Snappy
    case 'lz4':
      return compressionTypes.LZ4
    case 'zstd':
      return compressionTypes.ZSTD
  }
}

const writtenBatch = ({ partition, baseOffset }: RecordMetadata): WrittenBatch => ({
  partition,
  baseOffset: BigInt(baseOffset ?? -1),
})

/** kafkajs computes differences of timestamps as floating-point numbers: no batch may need one that is not exact. */
function batchesOf(records: readonly ProducedRecord[]): ProducedRecord[][] {
  const isExact = ({ timestamp = 0n }: ProducedRecord) => timestamp >= 0n && timestamp <= Number.MAX_SAFE_INTEGER
  if (records.every(isExact)) return [[...records]]
  const batches: ProducedRecord[][] = []
  for (const record of records) {
    const last = batches.at(-1)
    if (last && last[0]?.timestamp === record.timestamp) last.push(record)
    else batches.push([record])
  }
  return batches
}

function messageOf(record: ProducedRecord): Message {
  const message: Message = { key: bytes(record.key ?? null), value: bytes(record.value) }
  if (record.timestamp !== undefined) message.timestamp = String(record.timestamp)
  if (record.partition !== undefined) message.partition = record.partition
  if (record.headers) {
    message.headers = Object.fromEntries(
      Object.entries(record.headers).map(([name, value]) => [name, isList(value) ? value.map(buffer) : buffer(value)]),
    )
  }
  return message
}

const isList = (value: Bytes | readonly Bytes[]): value is readonly Bytes[] => Array.isArray(value)

const buffer = (value: Bytes): Buffer =>
  typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength)

const bytes = (value: Bytes | null): Buffer | null => (value === null ? null : buffer(value))
