import type { ConfigStore } from '@sluice/core'
import type { GatewayMetrics } from '../metrics.ts'
import type { PlaneHost } from './plane-host.ts'

/** Serves no client: for the role `control_plane`, whose configuration others serve. */
export function hostNothing(store: ConfigStore, metrics: GatewayMetrics): PlaneHost {
  return {
    store,
    listen: async (address) => address,
    behind: () => [],
    collect: metrics.collect,
    drain: async () => {},
    close: async () => {},
  }
}
