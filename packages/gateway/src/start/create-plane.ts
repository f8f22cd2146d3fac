import type { FieldCipher, Registry } from '@sluice/core'
import { createDataPlane, type DataPlane } from '@sluice/server'
import type { Log, Metrics } from '@sluice/spi'
import type { Settings } from '../config/settings.ts'

/** What a data plane of this program is made of. */
export interface PlaneParts {
  readonly settings: Pick<Settings, 'limits' | 'pluginMs' | 'pingMs' | 'egress'>
  readonly registry: Registry
  readonly cipher: Pick<FieldCipher, 'decrypt'>
  readonly log: Log
  readonly metrics: Metrics
}

/** Makes a data plane without any route, in whatever process. */
export function createPlane({ settings, registry, cipher, log, metrics }: PlaneParts): DataPlane {
  return createDataPlane({
    registry,
    decrypt: (text) => cipher.decrypt(text),
    log,
    metrics,
    limits: settings.limits,
    pluginMs: settings.pluginMs,
    pingMs: settings.pingMs,
    egress: settings.egress,
  })
}
