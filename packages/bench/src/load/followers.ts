import { percentile } from '../report/statistics.ts'
import { fetchCommand } from '../websocket/commands.ts'
import type { GatewayConnection } from '../websocket/gateway-connection.ts'
import { clock, readTime } from './produce-time.ts'

/** What a crowd follows: client n the partition n modulo their number, from offset 0 on. */
export interface FollowJob {
  readonly topic: string
  readonly partitions: number
  /** Of each value, which begins with the time at which it was written. */
  readonly valueBytes: number
  /** How long one fetch waits for a record. */
  readonly maxWaitMs: number
}

/** What has happened since the last report. */
export interface FollowReport {
  /** Records that arrived, at all clients together. */
  readonly received: number
  /** Clients whose fetch failed, since the beginning. */
  readonly lost: number
  /** Why the first of them did. */
  readonly firstError: string | undefined
  /** From produce to arrival, in milliseconds; undefined when nothing came. */
  readonly p50: number | undefined
  readonly p99: number | undefined
  readonly max: number | undefined
}

/** A crowd that follows a topic; reads until its connections are closed. */
export class Followers {
  #latencies: number[] = []
  #lost = 0
  #firstError: string | undefined

  constructor(crowd: readonly GatewayConnection[], job: FollowJob) {
    for (const [client, connection] of crowd.entries()) {
      this.#follow(connection, client % job.partitions, job).catch((error: Error) => {
        this.#lost++
        this.#firstError ??= error.message
      })
    }
  }

  /** Records that arrived since the last report, which this is not. */
  get received(): number {
    return this.#latencies.length
  }

  /** Counts anew from now on. */
  report(): FollowReport {
    const sorted = Float64Array.from(this.#latencies).sort()
    this.#latencies = []
    const [lost, firstError] = [this.#lost, this.#firstError]
    const at = (share: number) => (sorted.length === 0 ? undefined : percentile(sorted, share))
    return { received: sorted.length, lost, firstError, p50: at(0.5), p99: at(0.99), max: at(1) }
  }

  async #follow(connection: GatewayConnection, partition: number, job: FollowJob): Promise<never> {
    const { topic, valueBytes, maxWaitMs } = job
    const arrived = (answer: Buffer, end: number) => {
      this.#latencies.push(clock() - readTime(answer, end - valueBytes))
    }
    let offset = 0
    for (let sequence = 1; ; sequence++) {
      const command = fetchCommand(sequence, topic, offset, 1024 * 1024, { partition, maxWaitMs })
      const { recordCount, lastOffset } = await connection.send(command, arrived)
      if (recordCount > 0 && lastOffset !== offset + recordCount - 1) {
        throw new Error(`a fetch at ${offset} gave ${recordCount} records up to ${lastOffset}`)
      }
      offset += recordCount
    }
  }
}
