import { setTimeout as delay } from 'node:timers/promises'
import type { Metric } from './gateway.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import { percentile } from './report/statistics.ts'
import type { BenchTopic, Stage } from './stage.ts'

const CLIENTS = 200
const REQUESTS = 3000
const MEBIBYTE = 1024 * 1024
const MICROSECONDS = 1000

// A client's answers wait in a queue of 1 MiB (limits.output_queue_bytes). The 16 commands under way when it is full
// (limits.commands_in_flight) may have 64 KiB each, and the memory of an answer is up to a fifth larger than the answer.
const QUEUE = MEBIBYTE
const BOUND = 1.2 * (QUEUE + (16 * MEBIBYTE) / 16)

const sentBytes = 'sluice_pubsub_sent_bytes_total'
const outsideHeap = 'nodejs_external_memory_bytes'
const resident = 'process_resident_memory_bytes'

/** What is measured in one round. */
interface Round {
  readonly alone: readonly number[]
  readonly beside: readonly number[]
  /** Of the gateway's memory outside of the heap, where answers are, beyond what it took before slow clients came. */
  readonly heldBytes: number
  /** Of the gateway's resident memory, likewise: what the system and the heap keep for later is in it. */
  readonly grownBytes: number
}

/** Single records read by one client: alone, and beside 200 that have asked for 100 MiB each and read nothing. */
export async function measureSlowClients(
  stage: Stage,
  topics: { readonly single: BenchTopic; readonly large: BenchTopic },
  { repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  const { metric } = stage
  if (metric === undefined) return []
  const rounds: Round[] = []
  const latency = () =>
    stage.gateway.latency(topics.single.name, { recordCount: topics.single.recordCount, requests: REQUESTS })
  // The first round warms up the compilers.
  await latency()
  const before = { held: await metric(outsideHeap), resident: await metric(resident) }
  for (let round = 1; round <= repetitions; round++) {
    progress.show(`clients that do not read: ${round} of ${repetitions}`)
    const alone = await latency()
    const sent = await metric(sentBytes)
    await stage.gateway.idle(topics.large.name, {
      clients: CLIENTS,
      maxBytes: MEBIBYTE,
      // Up to where a whole answer still follows.
      starts: topics.large.recordCount / 2,
    })
    await untilStill(metric, sent + CLIENTS * QUEUE)
    const beside = await latency()
    const heldBytes = (await metric(outsideHeap)) - before.held
    const grownBytes = (await metric(resident)) - before.resident
    const open = await metric('sluice_connections')
    if (open <= CLIENTS) throw new Error(`only ${open} clients are still connected: the others were cut before the end`)
    await stage.gateway.leave()
    rounds.push({ alone, beside, heldBytes, grownBytes })
  }
  return [latencySection(rounds), memorySection(rounds)]
}

/** Waits until the gateway sends no more: each slow client has then as much waiting for it as it ever gets. */
async function untilStill(metric: Metric, atLeast: number): Promise<void> {
  for (let sent = -1; ; ) {
    const now = await metric(sentBytes)
    if (now === sent && now >= atLeast) return
    sent = now
    await delay(200)
  }
}

function latencySection(rounds: readonly Round[]): Section {
  const of = (name: string, times: (round: Round) => readonly number[], share: number) =>
    measurement(
      name,
      'µs',
      rounds.map((round) => {
        const sorted = [...times(round)].sort((one, other) => one - other)
        return percentile(sorted, share) * MICROSECONDS
      }),
    )
  const alone = of('alone, p50', (round) => round.alone, 0.5)
  const beside = of(`beside ${CLIENTS} of them, p50`, (round) => round.beside, 0.5)
  return {
    title: 'Clients that do not read: the others',
    measurements: [
      alone,
      beside,
      of('alone, p99', (round) => round.alone, 0.99),
      of(`beside ${CLIENTS} of them, p99`, (round) => round.beside, 0.99),
    ],
    ratios: [ratio('beside / alone, p50', beside, alone, { atMost: 2 })],
  }
}

function memorySection(rounds: readonly Round[]): Section {
  const forEach = (name: string, bytes: (round: Round) => number) =>
    measurement(
      name,
      'MiB',
      rounds.map((round) => bytes(round) / CLIENTS / MEBIBYTE),
    )
  const held = forEach('answers held, for each', ({ heldBytes }) => heldBytes)
  const bound = forEach('what the limits let them have', () => BOUND * CLIENTS)
  return {
    title: 'Clients that do not read: memory',
    measurements: [held, bound, forEach('resident growth, for each', ({ grownBytes }) => grownBytes)],
    ratios: [ratio('held / limits', held, bound, { atMost: 1 })],
  }
}
