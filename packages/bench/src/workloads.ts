import type { CodecName } from './kafka/codecs.ts'
import { measureCodecs } from './measure-codecs.ts'
import { measureCommands } from './measure-commands.ts'
import { measureFanOut } from './measure-fan-out.ts'
import { measureIdle } from './measure-idle.ts'
import { measureLatencies } from './measure-latency.ts'
import { measureMixed } from './measure-mixed.ts'
import { measurePlugins } from './measure-plugins.ts'
import { measureRoutes } from './measure-routes.ts'
import { measureScans } from './measure-scan.ts'
import { measureSessions } from './measure-sessions.ts'
import { measureSlowClients } from './measure-slow-clients.ts'
import { measureTwoWays } from './measure-two-ways.ts'
import { measureWorkers } from './measure-workers.ts'
import type { BenchOptions, Kind } from './options.ts'
import type { Progress } from './progress.ts'
import type { Section } from './report/results.ts'
import { scanMeasured, scanRaw } from './scan-measured.ts'
import type { Stage } from './stage.ts'

const LATENCY_RECORDS = 20_000
const KIBIBYTE = 1024
const SCANNERS = 64
const AGAIN_RECORDS = 16 * KIBIBYTE

/** Makes the topics that a kind of measurement needs, and measures. */
type Workload = (stage: Stage, options: BenchOptions, progress: Progress) => Promise<Section[]>

/** Each kind of measurement. */
export const workloads: Readonly<Record<Kind, Workload>> = {
  async scan(stage, options, progress) {
    const kibibytes = await stage.fill('1k', KIBIBYTE, options.records, 'batches')
    const small = await stage.fill('100b', 100, 3 * options.records, 'batches')
    const plans = [
      { title: 'Scan, records of 1 KiB', topic: kibibytes, target: { atLeast: 0.5 }, mostCpu: 1 },
      { title: 'Scan, records of 100 B', topic: small, target: { atLeast: 0.35 }, mostCpu: 1.8 },
    ]
    return measureScans(stage, plans, options, progress)
  },
  async latency(stage, options, progress) {
    const topic = await stage.fill('single', KIBIBYTE, LATENCY_RECORDS, 'single')
    return measureLatencies(stage, topic, options, progress)
  },
  async 'slow-clients'(stage, options, progress) {
    const single = await stage.fill('few', KIBIBYTE, LATENCY_RECORDS, 'single')
    const large = await stage.fill('large', KIBIBYTE, 4 * KIBIBYTE, 'batches')
    return measureSlowClients(stage, { single, large }, options, progress)
  },
  async commands(stage, options, progress) {
    const topic = await stage.fill('commands', KIBIBYTE, LATENCY_RECORDS, 'single')
    return measureCommands(stage, topic, options, progress)
  },
  async codecs(stage, options, progress) {
    const fill = (name: 'plain' | CodecName) =>
      stage.fill(`codec-${name}`, KIBIBYTE, options.records / 3, name === 'plain' ? 'batches' : name)
    const topics = {
      plain: await fill('plain'),
      gzip: await fill('gzip'),
      snappy: await fill('snappy'),
      lz4: await fill('lz4'),
      zstd: await fill('zstd'),
    }
    return measureCodecs(stage, topics, options, progress)
  },
  async tls(stage, options, progress) {
    const tls = await stage.tls()
    if (tls === undefined) return []
    // A pass over more would take half a minute.
    const topic = await stage.fill('tls', KIBIBYTE, options.records / 10, 'batches')
    const plain = { name: 'plain', scan: () => scanMeasured(stage, topic, options.seconds) }
    const secured = {
      name: 'TLS',
      scan: () => scanMeasured({ ...stage, gateway: tls.gateway }, topic, options.seconds),
    }
    const raw = { name: 'raw client, TLS', scan: () => scanRaw(tls.raw, topic, options.seconds) }
    const title = 'Scan, brokers over TLS, records of 1 KiB'
    // The broker's JVM takes its time to compile what encrypts.
    const twoWays = { title, ways: [plain, secured], warmUpRounds: 6, cpuTarget: { atMost: 2 } } as const
    const rawTitle = 'Scan, brokers over TLS, next to the raw client'
    return [
      await measureTwoWays(twoWays, options, progress),
      await measureTwoWays({ title: rawTitle, ways: [raw, secured] }, options, progress),
    ]
  },
  async regions(stage, options, progress) {
    const topic = await stage.fill('regions', KIBIBYTE, options.records, 'batches')
    await stage.gateway.gather(SCANNERS)
    const one = { name: '1 client', scan: () => scanMeasured(stage, topic, options.seconds) }
    const many = {
      name: `${SCANNERS} clients in sum`,
      scan: () => scanMeasured(stage, topic, options.seconds, 'crowdScan'),
    }
    const title = `Scan, ${SCANNERS} clients in different regions`
    const section = await measureTwoWays({ title, ways: [one, many], target: { atLeast: 0.8 } }, options, progress)
    await stage.gateway.leave()
    return [section]
  },
  async again(stage, options, progress) {
    const cached = await stage.cached()
    if (cached === undefined) return []
    // It fits the cache, and is read again and again.
    const topic = await stage.fill('again', KIBIBYTE, AGAIN_RECORDS, 'batches')
    const plain = { name: 'read each time', scan: () => scanMeasured(stage, topic, options.seconds) }
    const kept = {
      name: 'kept',
      scan: () => scanMeasured({ ...stage, gateway: cached }, topic, options.seconds),
    }
    const title = 'Scan of the same 16 MiB again and again, records of 1 KiB'
    return [await measureTwoWays({ title, ways: [plain, kept], cpuTarget: { atMost: 0.8 } }, options, progress)]
  },
  'fan-out': measureFanOut,
  sessions: measureSessions,
  routes: (_stage, options, progress) => measureRoutes(options, progress),
  plugins: async (_stage, options, progress) => [...(await measurePlugins(options, progress))],
  idle: measureIdle,
  async workers(stage, options, progress) {
    const topic = await stage.fill('workers', KIBIBYTE, LATENCY_RECORDS, 'single')
    return measureWorkers(stage, topic, options, progress)
  },
  mixed: measureMixed,
}
