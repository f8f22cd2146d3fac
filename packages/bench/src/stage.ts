import { type CleanUp, openAdmin, openProducer, type Producer } from '@sluice/harness'
import { startBare } from './bare/start-bare.ts'
import { openBrokers } from './brokers.ts'
import { type Metric, openGateway } from './gateway.ts'
import type { CodecName } from './kafka/codecs.ts'
import { type BatchShape, recordsPerBatch } from './kafka/encode-batch.ts'
import { type FilledTopic, fillTopic } from './kafka/fill-topic.ts'
import { type LoadGenerator, startGenerator, type Via } from './load/generator.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { startRelay } from './relay/start-relay.ts'
import type { Usage } from './usage.ts'

/** A topic of the benchmark. */
export interface BenchTopic extends FilledTopic {
  readonly name: string
  /** Of each batch. */
  readonly shape: BatchShape
}

/** One of several servers that do the same: what it has used, and a load generator that is its client. */
export interface Contender {
  readonly load: LoadGenerator
  usage(): Promise<Usage>
}

/** A bare WebSocket server. */
export interface BareContender extends Contender {
  /** Sends every client an answer with one record of so many bytes. */
  send(valueBytes: number): void
}

/** A gateway of which both what it used and what it counted is known. */
export interface MeasuredGateway extends Contender {
  readonly metric: Metric
}

/** Everything that is measured, ready. */
export interface Stage {
  readonly raw: LoadGenerator
  readonly gateway: LoadGenerator
  /** Reads single records of one topic through a bare relay. */
  relay(topic: string): Promise<LoadGenerator>
  /** A WebSocket server that echoes, or sends all clients the same. */
  bare(mode: 'echo' | 'fan-out'): Promise<BareContender>
  /** A further gateway with so many workers, until the end. */
  workers(count: number): Promise<MeasuredGateway>
  /** A gateway and a bare server that nobody has used before, until `during` ends. */
  fresh<T>(during: (gateway: Contender, bare: Contender) => Promise<T>): Promise<T>
  /** Read over TLS, straight from the brokers and through a route to them; undefined where there are none. */
  tls(): Promise<{ readonly raw: LoadGenerator; readonly gateway: LoadGenerator } | undefined>
  /** Reads through a route that keeps answers for others; undefined where somebody else's gateway is measured. */
  cached(): Promise<LoadGenerator | undefined>
  /** Undefined where somebody else's gateway is measured. */
  readonly usage: (() => Promise<Usage>) | undefined
  /** What the brokers have used together; undefined where somebody else's Kafka is used. */
  brokerUsage(): Promise<Usage | undefined>
  /** Undefined likewise. */
  readonly metric: Metric | undefined
  /** Makes a topic with at least so many records, which goes away with the stage. */
  fill(name: string, valueBytes: number, records: number, batching: Batching): Promise<BenchTopic>
  /** Makes an empty topic, likewise, and gives its full name. */
  create(name: string, partitions: number): Promise<string>
  producer(): Promise<Producer>
}

/** Uncompressed batches of 16 KiB or of one record, or batches of a codec that have 16 KiB before they are compressed. */
export type Batching = 'batches' | 'single' | CodecName

/** Starts what is not there yet: Kafka, the gateway with a route to it, and the two load generators. */
export async function openStage(options: BenchOptions, progress: Progress, cleanUp: CleanUp): Promise<Stage> {
  const { brokers, secured, usage: brokerUsage } = await openBrokers(options, progress, cleanUp)
  const admin = await openAdmin(brokers)
  cleanUp.defer(() => admin.close())
  if (options.gatewayUrl === undefined) progress.show('starting the gateway')
  const own = options.gatewayUrl === undefined ? await openGateway(brokers, options, cleanUp) : undefined
  const start = (via: Via, address: string): LoadGenerator => {
    const generator = startGenerator(via, address)
    cleanUp.defer(generator.close)
    return generator
  }
  const suffix = Date.now().toString(36)
  let producer: Promise<Producer> | undefined
  const create = async (name: string, partitions: number): Promise<string> => {
    const topic = `sluice-bench-${name}-${suffix}`
    await admin.createTopic(topic, { partitions })
    cleanUp.defer(() => admin.deleteTopic(topic))
    return topic
  }
  return {
    raw: start('raw', brokers),
    gateway: start('gateway', options.gatewayUrl ?? own?.url ?? ''),
    usage: own?.usage,
    metric: own?.metric,
    brokerUsage,
    create,
    async relay(topic) {
      const relay = await startRelay(brokers, topic)
      cleanUp.defer(relay.close)
      return start('gateway', relay.url)
    },
    async bare(mode) {
      const { url, usage, send, close } = await startBare(mode)
      cleanUp.defer(close)
      return { load: start('gateway', url), usage, send }
    },
    async workers(count) {
      const { url, usage, metric } = await openGateway(brokers, { workers: count }, cleanUp)
      return { load: start('gateway', url), usage, metric }
    },
    fresh: (during) => withFresh(brokers, cleanUp, during),
    tls: async () =>
      own === undefined || secured === undefined
        ? undefined
        : { raw: start('raw-tls', secured), gateway: start('gateway', await own.tlsRoute(secured)) },
    cached: async () => (own === undefined ? undefined : start('gateway', await own.cacheRoute())),
    producer() {
      producer ??= openDeferred(brokers, cleanUp)
      return producer
    },
    async fill(name, valueBytes, records, batching) {
      const topic = await create(name, 1)
      const recordCount = batching === 'single' ? 1 : recordsPerBatch(valueBytes)
      const isCodec = batching !== 'single' && batching !== 'batches'
      const shape = { recordCount, valueBytes, ...(isCodec ? { codec: batching } : {}) }
      const onProgress = (share: number) => progress.show(`filling ${topic}: ${Math.round(share * 100)} %`, share < 1)
      return { name: topic, shape, ...(await fillTopic(brokers, topic, shape, records, onProgress)) }
    },
  }
}

async function openDeferred(brokers: string, cleanUp: CleanUp): Promise<Producer> {
  const producer = await openProducer(brokers)
  cleanUp.defer(() => producer.close())
  return producer
}

async function withFresh<T>(
  brokers: string,
  cleanUp: CleanUp,
  during: (gateway: Contender, bare: Contender) => Promise<T>,
): Promise<T> {
  const gateway = await openGateway(brokers, {}, cleanUp)
  const bare = await startBare('echo')
  const loads = [startGenerator('gateway', gateway.url), startGenerator('gateway', bare.url)] as const
  try {
    return await during({ load: loads[0], usage: gateway.usage }, { load: loads[1], usage: bare.usage })
  } finally {
    await Promise.all([...loads.map((load) => load.close()), bare.close(), gateway.stop()])
  }
}
