import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigStoreStatus, SoundStore } from '@sluice/core'
import { configurationState, observeConfiguration } from '../src/configuration-state.ts'
import { renderFamilies } from '../src/metric-families.ts'
import { createMetrics } from '../src/metrics.ts'

function storeOf(status: ConfigStoreStatus, broken: readonly string[]): Pick<SoundStore, 'status' | 'broken'> {
  return {
    status: () => status,
    broken: () => broken.map((key) => ({ key, modifiedIndex: 1, fault: 'uri is no text', isServed: true })),
  }
}

test('a sound configuration is not worth a word', () => {
  assert.equal(configurationState(storeOf({ unreadable: [] }, [])), undefined)
})

test('what is broken is named with its fault, and since when the store is away', () => {
  const status = { awaySince: Date.UTC(2026, 0, 2), unreadable: ['/routes/9'] }
  assert.deepEqual(configurationState(storeOf(status, ['/routes/1'])), {
    away_since: '2026-01-02T00:00:00.000Z',
    broken: [
      { key: '/routes/9', fault: 'no JSON object' },
      { key: '/routes/1', fault: 'uri is no text' },
    ],
  })
})

test('of many the first are named, and the metric counts all', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `/routes/${index}`)
  const store = storeOf({ awaySince: 1, unreadable: [] }, many)
  assert.equal(configurationState(store)?.broken?.length, 20)
  const metrics = createMetrics()
  try {
    observeConfiguration(store, metrics.metrics)
    const text = renderFamilies(await metrics.collect())
    assert.match(text, /^sluice_config_broken_objects 30$/m)
    assert.match(text, /^sluice_config_store_up 0$/m)
  } finally {
    metrics.close()
  }
})
