import type { SoundStore } from '@sluice/core'
import type { Metrics } from '@sluice/spi'

/** What is wrong with the configuration, as the status listener tells it. */
export interface ConfigurationState {
  /** Since when the store cannot be followed, ISO 8601; the last configuration serves on. */
  readonly away_since?: string
  /** Stored objects that are broken, the first of them; their last good versions serve on. */
  readonly broken?: readonly BrokenState[]
}

interface BrokenState {
  readonly key: string
  readonly fault: string
}

type Watched = Pick<SoundStore, 'broken' | 'status'>

/** Of thousands of objects that one mistake breaks, the first say what it is. */
const mostShown = 20

/** Undefined where nothing is wrong. */
export function configurationState(store: Watched): ConfigurationState | undefined {
  const { awaySince } = store.status?.() ?? {}
  const broken = brokenOf(store)
  if (awaySince === undefined && broken.length === 0) return undefined
  return {
    ...(awaySince !== undefined && { away_since: new Date(awaySince).toISOString() }),
    ...(broken.length > 0 && { broken: broken.slice(0, mostShown) }),
  }
}

/** Registers gauges of how the store is. */
export function observeConfiguration(store: Watched, metrics: Metrics): void {
  metrics.gauge('config_store_up', 'Whether changes of the configuration come from the store', {}, () =>
    store.status?.().awaySince === undefined ? 1 : 0,
  )
  metrics.gauge(
    'config_broken_objects',
    'Stored objects that are broken, whose last good versions serve on',
    {},
    () => brokenOf(store).length,
  )
}

function brokenOf(store: Watched): readonly BrokenState[] {
  const unreadable = (store.status?.().unreadable ?? []).map((key) => ({ key, fault: 'no JSON object' }))
  return [...unreadable, ...store.broken().map(({ key, fault }) => ({ key, fault }))]
}
