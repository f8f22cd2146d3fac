import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CodecJob } from './bare-codec.ts'
import type { CommandRateJob } from './command-rate.ts'
import type { CrowdRateJob } from './crowd-rate.ts'
import type { FollowJob, FollowReport } from './followers.ts'
import type { LatencyJob, LatencyResult } from './latency.ts'
import type { OpenScanJob, OpenScanResult } from './open-scan.ts'
import type { PollJob, PollResult } from './poll-rate.ts'
import type { ScanJob, ScanResult } from './scan.ts'
import type { SlowClientsJob } from './slow-clients.ts'

/** What a load generator is told to do. */
export type Job =
  | ({ readonly kind: 'scan'; readonly topic: string } & ScanJob)
  | ({ readonly kind: 'latency'; readonly topic: string } & LatencyJob)
  | ({ readonly kind: 'command-rate' } & CommandRateJob)
  | ({ readonly kind: 'idle'; readonly topic: string } & SlowClientsJob)
  | { readonly kind: 'raw-list-offsets'; readonly topic: string; readonly seconds: number }
  | ({ readonly kind: 'polls' } & PollJob)
  | ({ readonly kind: 'codec' } & CodecJob)
  | { readonly kind: 'gather'; readonly clients: number }
  | ({ readonly kind: 'crowd-rate' } & CrowdRateJob)
  | ({ readonly kind: 'crowd-scan'; readonly topic: string } & ScanJob)
  | ({ readonly kind: 'follow' } & FollowJob)
  | { readonly kind: 'follow-count' }
  | { readonly kind: 'follow-report' }
  | ({ readonly kind: 'open-scan'; readonly topic: string } & OpenScanJob)
  | { readonly kind: 'leave' }

/** A process that reads as fast as it can; one job at a time. It ends with this process. */
export interface LoadGenerator {
  scan(topic: string, job: ScanJob): Promise<ScanResult>
  latency(topic: string, job: LatencyJob): Promise<LatencyResult>
  /** Answers per second; through the gateway only. */
  commandRate(job: CommandRateJob): Promise<number>
  /** Connects clients that fetch and do not read, through the gateway only; they stay until `leave`. */
  idle(topic: string, job: SlowClientsJob): Promise<void>
  /** ListOffsets one after the other, answers per second; from the broker only. */
  rawListOffsets(topic: string, seconds: number): Promise<number>
  /** Polls of many partitions that have nothing; from the broker only. */
  polls(job: PollJob): Promise<PollResult>
  /** CPU seconds of a codec alone for each gigabyte it gives. */
  codec(job: CodecJob): Promise<number>
  /** Scans a topic of which nothing is known, through a WebSocket only. */
  openScan(topic: string, job: OpenScanJob): Promise<OpenScanResult>
  /** Connects a crowd, to a WebSocket only; it stays until `leave`, and is what the next four are about. */
  gather(clients: number): Promise<void>
  /** Answers per second when each client has one command under way. */
  crowdRate(job: CrowdRateJob): Promise<number>
  /** Each client reads a part of the topic. */
  crowdScan(topic: string, job: ScanJob): Promise<ScanResult>
  /** Each client follows a partition from now on. */
  follow(job: FollowJob): Promise<void>
  /** Records that arrived since the last report. */
  followCount(): Promise<number>
  followReport(): Promise<FollowReport>
  /** Closes the connections of `idle` and `gather`. */
  leave(): Promise<void>
  close(): Promise<void>
}

/** What a load generator reads from. */
export type Via = 'raw' | 'raw-tls' | 'gateway'

type Answer<T> = { readonly result: T } | { readonly error: string }

/**
 * Starts a load generator.
 *
 * @param via `raw` reads from the brokers `host:port[,host:port]`, `raw-tls` likewise over TLS, `gateway` through the route
 * at a `ws:` URL
 */
export function startGenerator(via: Via, address: string): LoadGenerator {
  const child = fork(fileURLToPath(new URL('generator-main.ts', import.meta.url)), [via, address])
  const exited = once(child, 'exit')
  return {
    scan: (topic, job) => ask<ScanResult>(child, exited, { kind: 'scan', topic, ...job }),
    latency: (topic, job) => ask<LatencyResult>(child, exited, { kind: 'latency', topic, ...job }),
    commandRate: (job) => ask<number>(child, exited, { kind: 'command-rate', ...job }),
    idle: (topic, job) => ask<void>(child, exited, { kind: 'idle', topic, ...job }),
    rawListOffsets: (topic, seconds) => ask<number>(child, exited, { kind: 'raw-list-offsets', topic, seconds }),
    polls: (job) => ask<PollResult>(child, exited, { kind: 'polls', ...job }),
    codec: (job) => ask<number>(child, exited, { kind: 'codec', ...job }),
    openScan: (topic, job) => ask<OpenScanResult>(child, exited, { kind: 'open-scan', topic, ...job }),
    gather: (clients) => ask<void>(child, exited, { kind: 'gather', clients }),
    crowdRate: (job) => ask<number>(child, exited, { kind: 'crowd-rate', ...job }),
    crowdScan: (topic, job) => ask<ScanResult>(child, exited, { kind: 'crowd-scan', topic, ...job }),
    follow: (job) => ask<void>(child, exited, { kind: 'follow', ...job }),
    followCount: () => ask<number>(child, exited, { kind: 'follow-count' }),
    followReport: () => ask<FollowReport>(child, exited, { kind: 'follow-report' }),
    leave: () => ask<void>(child, exited, { kind: 'leave' }),
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

async function ask<T>(child: ChildProcess, exited: Promise<unknown>, job: Job): Promise<T> {
  const answered = once(child, 'message')
  child.send(job)
  const gone = exited.then(() => {
    throw new Error(`a load generator ended in the middle of a ${job.kind}`)
  })
  const [message] = await Promise.race([answered, gone])
  const answer: Answer<T> = message
  if ('error' in answer) throw new Error(`a ${job.kind} failed: ${answer.error}`)
  return answer.result
}
