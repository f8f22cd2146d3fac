import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CleanUp, openAdmin, repositoryRoot, startGateway, startKafka } from '@sluice/testkit'
import { recordsPerBatch } from './kafka/encode-batch.ts'
import { type FilledTopic, fillTopic } from './kafka/fill-topic.ts'
import { type LoadGenerator, startGenerator } from './load/generator.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { startRelay } from './relay/start-relay.ts'

/** Where results and profiles go. */
export const resultsDirectory = join(repositoryRoot, 'bench-results')

/** A topic of the benchmark. */
export interface BenchTopic extends FilledTopic {
  readonly name: string
}

/** What the gateway has used so far. */
export interface Usage {
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** A number that the gateway counts, by the name of its metric; labels added up. */
export type Metric = (name: string) => Promise<number>

/** Everything that is measured, ready. */
export interface Stage {
  readonly raw: LoadGenerator
  readonly gateway: LoadGenerator
  /** Reads single records of one topic through a bare relay. */
  relay(topic: string): Promise<LoadGenerator>
  /** Undefined where somebody else's gateway is measured. */
  readonly usage: (() => Promise<Usage>) | undefined
  /** Undefined likewise. */
  readonly metric: Metric | undefined
  /** Makes a topic with at least so many records, which goes away with the stage. */
  fill(name: string, valueBytes: number, records: number, batching: 'batches' | 'single'): Promise<BenchTopic>
}

/** Starts what is not there yet: Kafka, the gateway with a route to it, and the two load generators. */
export async function openStage(options: BenchOptions, progress: Progress, cleanUp: CleanUp): Promise<Stage> {
  const brokers = options.brokers ?? (await openKafka(progress, cleanUp))
  const admin = await openAdmin(brokers)
  cleanUp.defer(() => admin.close())
  const { url, usage, metric } = options.gatewayUrl
    ? { url: options.gatewayUrl, usage: undefined, metric: undefined }
    : await openGateway(brokers, options, progress, cleanUp)
  const raw = startGenerator('raw', brokers)
  cleanUp.defer(raw.close)
  const gateway = startGenerator('gateway', url)
  cleanUp.defer(gateway.close)
  const suffix = Date.now().toString(36)
  return {
    raw,
    gateway,
    usage,
    metric,
    async relay(topic) {
      const relay = await startRelay(brokers, topic)
      cleanUp.defer(relay.close)
      const generator = startGenerator('gateway', relay.url)
      cleanUp.defer(generator.close)
      return generator
    },
    async fill(name, valueBytes, records, batching) {
      const topic = `sluice-bench-${name}-${suffix}`
      await admin.createTopic(topic)
      cleanUp.defer(() => admin.deleteTopic(topic))
      const recordCount = batching === 'single' ? 1 : recordsPerBatch(valueBytes)
      const onProgress = (share: number) => progress.show(`filling ${topic}: ${Math.round(share * 100)} %`, share < 1)
      return { name: topic, ...(await fillTopic(brokers, topic, { recordCount, valueBytes }, records, onProgress)) }
    },
  }
}

async function openKafka(progress: Progress, cleanUp: CleanUp): Promise<string> {
  const kafka = await startKafka({ heap: '512m', onProgress: (line) => progress.show(line) })
  cleanUp.defer(() => kafka.stop())
  return kafka.bootstrap.internal
}

async function openGateway(brokers: string, { profile }: BenchOptions, progress: Progress, cleanUp: CleanUp) {
  progress.show('starting the gateway')
  const profileDirectory = join(resultsDirectory, 'profile')
  if (profile) await mkdir(profileDirectory, { recursive: true })
  const env = profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` } : {}
  const gateway = await startGateway({ logLevel: 'info', env })
  cleanUp.defer(() => gateway.stop())
  const nodes = Object.fromEntries(brokers.split(',').map((broker) => [broker, 1]))
  const route = { uri: '/bench', upstream: { type: 'none', scheme: 'kafka', nodes } }
  const { status, body } = await gateway.admin('PUT', '/routes/bench', route)
  if (status !== 201) throw new Error(`the route was answered with ${status} ${JSON.stringify(body)}`)
  const usage = async (): Promise<Usage> => ({
    cpuSeconds: await gateway.metric('process_cpu_seconds_total'),
    residentBytes: await gateway.metric('process_resident_memory_bytes'),
  })
  return { url: `${gateway.socketUrl}${route.uri}`, usage, metric: gateway.metric }
}
