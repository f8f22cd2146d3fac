import { valueOfNow } from './load/produce-time.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { boundRatio, type Measurement, measurement, ratio, type Section } from './report/results.ts'
import type { Contender, Stage } from './stage.ts'
import { untilReceived } from './until-received.ts'

const VALUE_BYTES = 64 * 1024
const MAX_WAIT_MS = 5000
const BYTES_OF_ROUND = 640 * 1024 * 1024
// Fewer would measure little but the reading of counters.
const LEAST_RECORDS = 5
const brokerFetches = 'sluice_kafka_requests_total{api="Fetch"}'

/** Of one round. */
interface Sample {
  readonly cpuSecondsPerGb: number
  /** From produce to the last subscriber, in milliseconds. */
  readonly lastMs: number
  /** What the gateway asked the brokers for each record; undefined where it does not count them. */
  readonly fetches: number | undefined
}

/** One server: how a record gets to it, and its clients. */
interface Side extends Contender {
  produce(): Promise<void>
}

/** The tail of one partition, followed by many; next to a bare ws server that sends each of them the same bytes. */
export async function measureFanOut(stage: Stage, options: BenchOptions, progress: Progress): Promise<Section[]> {
  const { usage } = stage
  if (usage === undefined) return []
  const sections: Section[] = []
  for (const clients of options.quick ? [100, 1000] : [100, 1000, 10_000]) {
    const topic = await stage.create(`fan-out-${clients}`, 1)
    const producer = await stage.producer()
    const bare = await stage.bare('fan-out')
    const gateway: Side = {
      load: stage.gateway,
      usage,
      async produce() {
        await producer.send(topic, [{ value: valueOfNow(VALUE_BYTES), partition: 0 }], { acks: 1 })
      },
    }
    const both = [gateway, { ...bare, produce: async () => bare.send(VALUE_BYTES) }] as const
    sections.push(await measureSize(stage, topic, clients, both, options, progress))
  }
  return sections
}

async function measureSize(
  { metric }: Stage,
  topic: string,
  clients: number,
  both: readonly [Side, Side],
  { quick, repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section> {
  const records = Math.max(LEAST_RECORDS, Math.round(BYTES_OF_ROUND / (quick ? 10 : 1) / clients / VALUE_BYTES))
  const samples = [[] as Sample[], [] as Sample[]] as const
  for (const { load } of both) {
    await load.gather(clients)
    await load.follow({ topic, partitions: 1, valueBytes: VALUE_BYTES, maxWaitMs: MAX_WAIT_MS })
  }
  // The first round warms up the compilers.
  for (let round = 0; round <= repetitions; round++) {
    progress.show(`fan-out to ${clients}: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
    for (const index of [0, 1] as const) {
      const sample = await measureRound(both[index], clients, records, index === 0 ? metric : undefined)
      if (round > 0) samples[index].push(sample)
    }
  }
  for (const { load } of both) await load.leave()
  return sectionOf(clients, samples)
}

async function measureRound(side: Side, clients: number, records: number, metric: Stage['metric']): Promise<Sample> {
  const fetchesBefore = await metric?.(brokerFetches)
  const before = await side.usage()
  let lastMs = 0
  for (let record = 0; record < records; record++) {
    await side.produce()
    lastMs = Math.max(lastMs, await untilReceived(side.load, clients))
  }
  const after = await side.usage()
  const fetches = ((await metric?.(brokerFetches)) ?? 0) - (fetchesBefore ?? 0)
  return {
    cpuSecondsPerGb: (after.cpuSeconds - before.cpuSeconds) / ((clients * records * VALUE_BYTES) / 1e9),
    lastMs,
    fetches: fetches === 0 ? undefined : fetches / records,
  }
}

function sectionOf(clients: number, [gateway, bare]: readonly [readonly Sample[], readonly Sample[]]): Section {
  const of = (name: string, unit: string, samples: readonly Sample[], key: 'cpuSecondsPerGb' | 'lastMs'): Measurement =>
    measurement(
      name,
      unit,
      samples.map((sample) => sample[key]),
    )
  const cpu = of('gateway', 'CPU s/GB', gateway, 'cpuSecondsPerGb')
  const bareCpu = of('bare ws sends', 'CPU s/GB', bare, 'cpuSecondsPerGb')
  const fetches = gateway.flatMap((sample) => sample.fetches ?? [])
  const asked = fetches.length === 0 ? [] : [measurement('broker fetches for each record', '', fetches)]
  const isTarget = clients === 1000
  return {
    title: `Fan-out of 64 KiB to ${clients.toLocaleString('en-US')} subscribers`,
    measurements: [
      cpu,
      bareCpu,
      of('gateway, to the last', 'ms', gateway, 'lastMs'),
      of('bare ws sends, to the last', 'ms', bare, 'lastMs'),
      ...asked,
    ],
    ratios: [
      ratio('gateway / bare ws sends, CPU', cpu, bareCpu, isTarget ? { atMost: 1.3 } : undefined),
      ...(isTarget ? asked.map((each) => boundRatio('broker fetches for each record / 1', each, 1)) : []),
    ],
  }
}
