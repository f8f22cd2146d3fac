import { setTimeout as delay } from 'node:timers/promises'
import type { LoadGenerator } from './load/generator.ts'
import { valueOfNow } from './load/produce-time.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import type { Stage } from './stage.ts'

const PARTITIONS = 100
const VALUE_BYTES = 512
const MAX_WAIT_MS = 5000
const WARM_UP_SECONDS = 3
const STEP_MS = 10
// How long the last records may take.
const LAST_MS = 20_000

/** How much. */
interface Size {
  readonly clients: number
  readonly seconds: number
}

/** Sockets that follow 100 partitions, each of which gets one record a second, one after the other. */
export async function measureMixed(stage: Stage, { quick }: BenchOptions, progress: Progress): Promise<Section[]> {
  const size: Size = quick ? { clients: 1000, seconds: 5 } : { clients: 10_000, seconds: 60 }
  const { gateway } = stage
  const topic = await stage.create('mixed', PARTITIONS)
  progress.show(`mixed: ${size.clients} sockets connect`)
  await gateway.gather(size.clients)
  await gateway.follow({ topic, partitions: PARTITIONS, valueBytes: VALUE_BYTES, maxWaitMs: MAX_WAIT_MS })
  progress.show('mixed: warming up')
  await arrival(gateway, ((await produce(stage, topic, WARM_UP_SECONDS)) * size.clients) / PARTITIONS)
  await gateway.followReport()
  const before = await stage.usage?.()
  progress.show(`mixed: ${size.seconds} seconds`)
  const produced = await produce(stage, topic, size.seconds)
  const after = await stage.usage?.()
  const expected = (produced * size.clients) / PARTITIONS
  await arrival(gateway, expected)
  const report = await gateway.followReport()
  await gateway.leave()
  const { p50, p99, max } = report
  const records = measurement('records that arrived', '', [report.received])
  const produces = measurement('records expected', '', [expected])
  return [
    {
      title: `Mixed: ${size.clients.toLocaleString('en-US')} sockets, ${PARTITIONS} partitions, ${size.seconds} s`,
      measurements: [
        measurement('sockets lost', '', [report.lost]),
        produces,
        records,
        ...(p50 === undefined ? [] : [measurement('produce to arrival, p50', 'ms', [p50])]),
        ...(p99 === undefined ? [] : [measurement('produce to arrival, p99', 'ms', [p99])]),
        ...(max === undefined ? [] : [measurement('produce to arrival, longest', 'ms', [max])]),
        ...(before && after
          ? [measurement('gateway CPU', 'share', [(after.cpuSeconds - before.cpuSeconds) / size.seconds])]
          : []),
      ],
      ratios: [ratio('arrived / expected', records, produces, { atLeast: 1 })],
    },
  ]
}

/** Waits until so many records have arrived; not for ever, for a lost socket gets none. */
async function arrival(load: LoadGenerator, expected: number): Promise<void> {
  const end = performance.now() + LAST_MS
  while (performance.now() < end && (await load.followCount()) < expected) await delay(100)
}

/** One record every 10 ms, to the partitions by turns, whatever the broker's answers take; how many were written. */
async function produce(stage: Stage, topic: string, seconds: number): Promise<number> {
  const producer = await stage.producer()
  const total = (seconds * 1000) / STEP_MS
  const started = performance.now()
  const sends: Promise<unknown>[] = []
  for (let record = 0; record < total; record++) {
    const early = started + record * STEP_MS - performance.now()
    if (early > 0) await delay(early)
    const value = valueOfNow(VALUE_BYTES)
    sends.push(producer.send(topic, [{ value, partition: record % PARTITIONS }], { acks: 1 }))
  }
  await Promise.all(sends)
  return total
}
