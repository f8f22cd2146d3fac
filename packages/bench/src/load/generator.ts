import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CommandRateJob } from './command-rate.ts'
import type { LatencyJob, LatencyResult } from './latency.ts'
import type { ScanJob, ScanResult } from './scan.ts'
import type { SlowClientsJob } from './slow-clients.ts'

/** What a load generator is told to do. */
export type Job =
  | ({ readonly kind: 'scan'; readonly topic: string } & ScanJob)
  | ({ readonly kind: 'latency'; readonly topic: string } & LatencyJob)
  | ({ readonly kind: 'command-rate' } & CommandRateJob)
  | ({ readonly kind: 'idle'; readonly topic: string } & SlowClientsJob)
  | { readonly kind: 'leave' }

/** A process that reads as fast as it can; one job at a time. It ends with this process. */
export interface LoadGenerator {
  scan(topic: string, job: ScanJob): Promise<ScanResult>
  latency(topic: string, job: LatencyJob): Promise<LatencyResult>
  /** Answers per second; through the gateway only. */
  commandRate(job: CommandRateJob): Promise<number>
  /** Connects clients that fetch and do not read, through the gateway only; they stay until `leave`. */
  idle(topic: string, job: SlowClientsJob): Promise<void>
  leave(): Promise<void>
  close(): Promise<void>
}

type Answer<T> = { readonly result: T } | { readonly error: string }

/**
 * Starts a load generator.
 *
 * @param via `raw` reads from the brokers `host:port[,host:port]`, `gateway` through the route at a `ws:` URL
 */
export function startGenerator(via: 'raw' | 'gateway', address: string): LoadGenerator {
  const child = fork(fileURLToPath(new URL('generator-main.ts', import.meta.url)), [via, address])
  const exited = once(child, 'exit')
  return {
    scan: (topic, job) => ask<ScanResult>(child, exited, { kind: 'scan', topic, ...job }),
    latency: (topic, job) => ask<LatencyResult>(child, exited, { kind: 'latency', topic, ...job }),
    commandRate: (job) => ask<number>(child, exited, { kind: 'command-rate', ...job }),
    idle: (topic, job) => ask<void>(child, exited, { kind: 'idle', topic, ...job }),
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
