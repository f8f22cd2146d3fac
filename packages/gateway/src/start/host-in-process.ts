import type { ConfigSnapshot, ConfigStore } from '@sluice/core'
import type { GatewayMetrics } from '../metrics.ts'
import { createPlane, type PlaneParts } from './create-plane.ts'
import type { PlaneHost } from './plane-host.ts'

/** What {@link hostInProcess} is made of. */
export interface InProcessOptions extends Omit<PlaneParts, 'metrics'> {
  readonly metrics: GatewayMetrics
  readonly store: ConfigStore
  readonly snapshot: ConfigSnapshot
}

/** Serves clients in this process: a data plane that has the whole configuration and gets every change in order. */
export async function hostInProcess({ store, snapshot, metrics, ...parts }: InProcessOptions): Promise<PlaneHost> {
  const plane = createPlane({ ...parts, metrics: metrics.metrics })
  plane.apply(snapshot)
  const unwatch = await store.watch(snapshot.revision, (revision) => plane.change(revision))
  return {
    store,
    listen: (address) => plane.listen(address),
    behind: () => [],
    collect: metrics.collect,
    drain: (timeoutMs) => plane.drain(timeoutMs),
    close() {
      unwatch()
      return plane.close()
    },
  }
}
