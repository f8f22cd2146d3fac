import type { SecretStore, SoundStore } from '@sluice/core'
import type { Metrics } from '@sluice/spi'

/** What is wrong with the configuration, as the status listener tells it. */
export interface ConfigurationState {
  /** Since when the store cannot be followed, ISO 8601; the last configuration serves on. */
  readonly away_since?: string
  /** What is wrong with the configuration file as it is now; its last good version serves on. */
  readonly fault?: string
  /** Stored objects that are broken, the first of them; their last good versions serve on. */
  readonly broken?: readonly BrokenState[]
}

interface BrokenState {
  readonly key: string
  readonly fault: string
}

/** A configuration that others write to as well. */
export type WatchedConfiguration = Pick<SoundStore, 'broken' | 'status'>

/** Of thousands of objects that one mistake breaks, the first say what it is. */
const mostShown = 20

/** Undefined where nothing is wrong. */
export function configurationState(store: WatchedConfiguration): ConfigurationState | undefined {
  const { awaySince, fault } = store.status?.() ?? {}
  const broken = brokenOf(store)
  if (awaySince === undefined && fault === undefined && broken.length === 0) return undefined
  return {
    ...(awaySince !== undefined && { away_since: new Date(awaySince).toISOString() }),
    ...(fault !== undefined && { fault }),
    ...(broken.length > 0 && { broken: broken.slice(0, mostShown) }),
  }
}

/** Registers gauges of how the store is. */
export function observeConfiguration(store: WatchedConfiguration, metrics: Metrics): void {
  metrics.gauge('config_store_up', 'Whether changes of the configuration come from the store', {}, () =>
    store.status?.().awaySince === undefined ? 1 : 0,
  )
  metrics.gauge('config_file_broken', 'Whether the configuration file as it is now cannot be served', {}, () =>
    store.status?.().fault === undefined ? 0 : 1,
  )
  metrics.gauge(
    'config_broken_objects',
    'Stored objects that are broken, whose last good versions serve on',
    {},
    () => brokenOf(store).length,
  )
}

/** Registers the gauge of references to secrets. */
export function observeSecrets({ unresolved }: Pick<SecretStore, 'unresolved'>, metrics: Metrics): void {
  metrics.gauge('secrets_unresolved', 'References to secrets that were never read', {}, unresolved)
}

function brokenOf(store: WatchedConfiguration): readonly BrokenState[] {
  const unreadable = (store.status?.().unreadable ?? []).map((key) => ({ key, fault: 'no JSON object' }))
  return [...unreadable, ...store.broken().map(({ key, fault }) => ({ key, fault }))]
}
