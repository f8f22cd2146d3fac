import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundRatio, measurement, ratio } from '../../src/report/results.ts'
import { targetsTable } from '../../src/report/targets.ts'

test('ratios with a target are rows, and say whether it is met', () => {
  const [one, other] = [measurement('one', 'MB/s', [50, 60, 40]), measurement('other', 'MB/s', [100, 100, 100])]
  const ratios = [ratio('one / other', one, other, { atLeast: 0.5 }), ratio('other / one', other, one)]
  const results = {
    startedAt: '2026-01-01T00:00:00.000Z',
    machine: 'two cores',
    repetitions: 3,
    sections: [
      { title: 'Scan', measurements: [one, other], ratios: [...ratios, boundRatio('one / 40 MB/s', one, 40)] },
      { title: 'Rates', measurements: [one] },
    ],
  }
  assert.equal(
    targetsTable(results),
    `| Measurement | Ratio | Target | Measured | Met |
| --- | --- | --- | --- | --- |
| Scan | one / other | at least 0.5 | 0.50 (0.40 to 0.60) | yes |
| Scan | one / 40 MB/s | at most 1 | 1.25 (1.00 to 1.50) | **no** |`,
  )
})
