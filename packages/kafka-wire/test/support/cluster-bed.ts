import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import { type FetchCommand, KafkaCluster } from '../../src/cluster.ts'
import type { ClusterOptions } from '../../src/cluster-options.ts'
import type { FetchAnswer } from '../../src/fetch-outcome.ts'
import { encodeBatch } from './encode-batch.ts'
import { FakeCluster } from './fake-cluster.ts'

type FetchedText = Omit<FetchAnswer, 'release' | 'bytes'> & { readonly text: string }

/** A reader of a cluster in memory, both new for each test; a test that leaves anything open fails. */
export class ClusterBed {
  fake = new FakeCluster()
  retries: string[] = []
  cluster = this.create()

  constructor() {
    beforeEach(() => this.renew())
    afterEach(() => this.#close())
  }

  /** A fresh cluster, nothing asked of it yet. */
  renew(): void {
    this.fake = new FakeCluster()
    this.retries = []
    this.cluster = this.create()
  }

  create(options: Partial<ClusterOptions> = {}): KafkaCluster {
    const nodes = [{ host: 'one.example', port: 9092 }]
    const onRetry = (error: Error): unknown => this.retries.push(error.message)
    return new KafkaCluster({ nodes, dial: this.fake.brokers.dial, onRetry, ...options })
  }

  async fetch(command: Partial<FetchCommand> = {}): Promise<FetchedText> {
    const asked = { topic: 'orders', partition: 0, offset: 0n, maxBytes: 1000, maxWaitMs: 0, ...command }
    const { release, bytes, ...answer } = await this.cluster.fetch({ isolation: 'read_uncommitted', ...asked })
    const text = bytes.toString('latin1')
    release()
    return { ...answer, text }
  }

  list(timestamp: bigint, topic = 'orders', partition = 0): Promise<bigint> {
    return this.cluster.listOffset({ topic, partition, timestamp, isolation: 'read_uncommitted' })
  }

  async #close(): Promise<void> {
    await this.cluster.close()
    const { connections, requestsInFlight, commands, outstandingSlabs } = this.cluster.stats()
    const { size } = this.fake.brokers.streams
    assert.deepEqual([connections, requestsInFlight, commands, outstandingSlabs, size], [0, 0, 0, 0, 0])
  }
}

/** A record batch of these values. */
export function batch(baseOffset: bigint, ...values: string[]): Buffer {
  const records = values.map((value, offsetDelta) => ({ offsetDelta, value: Buffer.from(value) }))
  return encodeBatch({ baseOffset, records })
}

/** Lets the event loop turn until something holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
