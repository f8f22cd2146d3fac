import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Baseline, baselineOf, compareWithBaseline, renderComparisons } from '../../src/report/baseline.ts'
import { type BenchResults, measurement, ratio, type Target } from '../../src/report/results.ts'

function run(value: number, target?: Target): BenchResults {
  const [one, other] = [measurement('one', 'MB/s', [value]), measurement('other', 'MB/s', [1])]
  const sections = [{ title: 'Scan', measurements: [one, other], ratios: [ratio('one / other', one, other, target)] }]
  return { startedAt: '2026-01-01T00:00:00.000Z', machine: 'two cores', repetitions: 1, sections }
}

const atLeast = { atLeast: 0.5 }
const atMost = { atMost: 2 }

test('a baseline has the ratios with a target, and keeps those of other kinds', () => {
  const other: Baseline = { startedAt: '', machine: '', ratios: { 'Ping: a / b': { value: 1, better: 'more' } } }
  assert.deepEqual(baselineOf(run(0.6, atLeast), other).ratios, {
    'Ping: a / b': { value: 1, better: 'more' },
    'Scan: one / other': { value: 0.6, better: 'more' },
  })
  assert.deepEqual(baselineOf(run(0.6)).ratios, {})
})

const cases: readonly [then: number, now: number, target: Target, regressed: boolean][] = [
  [0.8, 0.61, atLeast, false],
  [0.8, 0.59, atLeast, true],
  [0.8, 2, atLeast, false],
  [1.6, 1.99, atMost, false],
  [1.6, 2.01, atMost, true],
  [1.6, 0.1, atMost, false],
]
for (const [then, now, target, regressed] of cases) {
  test(`${then}, now ${now}, ${Object.keys(target)}: ${regressed ? 'a regression' : 'within 25 %'}`, () => {
    const [comparison] = compareWithBaseline(run(now, target), baselineOf(run(then, target)))
    assert.equal(comparison?.regressed, regressed)
  })
}

test('what the baseline does not have is not compared', () => {
  const empty: Baseline = { startedAt: '', machine: '', ratios: {} }
  assert.deepEqual(compareWithBaseline(run(1, atLeast), empty), [])
  assert.match(renderComparisons([]), /none of these ratios/)
})

test('the table says then, now and by how much it is worse', () => {
  const table = renderComparisons(compareWithBaseline(run(0.5, atLeast), baselineOf(run(1, atLeast))))
  assert.equal(
    table,
    `Compared with the baseline      then       now  worse by
Scan: one / other              1.000     0.500     +50 %   ✗ regression
`,
  )
})
