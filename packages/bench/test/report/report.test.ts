import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measurement, ratio } from '../../src/report/results.ts'
import { percentile, spread } from '../../src/report/statistics.ts'
import { renderTable } from '../../src/report/table.ts'

test('a spread is the least, the middle and the largest', () => {
  assert.deepEqual(spread([10, 9, 100]), { min: 9, median: 10, max: 100 })
  assert.deepEqual(spread([4, 1]), { min: 1, median: 2.5, max: 4 })
  assert.throws(() => spread([]), RangeError)
})

test('a percentile lies between its neighbours', () => {
  assert.equal(percentile([0, 10], 0.99), 9.9)
})

const gateway = measurement('gateway', 'records/s', [50, 60, 40])
const raw = measurement('raw', 'records/s', [100, 100, 100])

test('a ratio is that of the medians, against its target', () => {
  assert.equal(ratio('r', gateway, raw, { atLeast: 0.5 }).target?.met, true)
  assert.equal(ratio('r', gateway, raw, { atLeast: 0.51 }).target?.met, false)
  assert.equal(ratio('r', gateway, raw, { atMost: 0.49 }).target?.met, false)
  assert.deepEqual(ratio('r', gateway, raw, { atMost: 0.5 }).values, [0.5, 0.6, 0.4])
})

test('the table shows each measurement and the verdict', () => {
  const table = renderTable({
    startedAt: '2026-01-01T00:00:00.000Z',
    machine: 'two cores',
    repetitions: 3,
    sections: [
      {
        title: 'Scan',
        measurements: [gateway, raw],
        ratios: [ratio('gateway / raw', gateway, raw, { atLeast: 0.35 })],
      },
      { title: 'Rates', measurements: [measurement('ping', 'answers/s', [1234.5])] },
    ],
  })
  assert.equal(
    table,
    `2026-01-01T00:00:00.000Z, two cores, 3 repetitions

Scan                                                         min      median         max
  gateway                               records/s           40.0        50.0        60.0
  raw                                   records/s            100         100         100
  gateway / raw                         ratio              0.400       0.500       0.600   ✓ at least 0.35

Rates                                                        min      median         max
  ping                                  answers/s          1,235       1,235       1,235
`,
  )
})
