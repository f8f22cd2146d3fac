import type { ConfigSnapshot, ConfigStore } from '@sluice/core'
import type { ProgramLog } from '../log.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { PlaneHost } from '../start/plane-host.ts'
import { answerWhenServed } from './answered-store.ts'
import { createFork } from './fork-worker.ts'
import { findFreeAddress } from './free-address.ts'
import type { WorkerSetup } from './messages.ts'
import { WorkerPool } from './worker-pool.ts'

/** What {@link hostInWorkers} is made of. */
export interface WorkersOptions {
  readonly count: number
  readonly setup: WorkerSetup
  readonly store: ConfigStore
  readonly snapshot: ConfigSnapshot
  readonly log: ProgramLog
  readonly metrics: GatewayMetrics
}

// Longer than a worker needs at its busiest, and shorter than clients of the Admin API wait.
const servedMs = 5000

/** Serves clients in processes of their own, each with a data plane; here are the store and what they are told of it. */
export async function hostInWorkers({
  count,
  setup,
  store,
  snapshot: { revision },
  log,
  metrics,
}: WorkersOptions): Promise<PlaneHost> {
  const snapshot = () => store.snapshot()
  const pool = new WorkerPool({ count, fork: createFork(log), setup, log, metrics, snapshot, revision })
  const unwatch = await store.watch(revision, (change) => pool.change(change))
  return {
    store: answerWhenServed(store, (written) => pool.served(written, servedMs)),
    async listen(address) {
      const free = await findFreeAddress(address)
      await pool.listen(free)
      return free
    },
    behind: () => pool.behind(),
    workers: () => pool.ready,
    collect: () => pool.collect(),
    drain: (timeoutMs) => pool.drain(timeoutMs),
    close() {
      unwatch()
      return pool.close()
    },
  }
}
