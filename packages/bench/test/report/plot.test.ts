import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawRatios, drawUnit } from '../../src/report/plot.ts'
import { measurement, ratio, type Target } from '../../src/report/results.ts'

const run = (values: readonly number[], target?: Target) => {
  const [one, other] = [
    measurement('one', 'CPU s/GB', values),
    measurement(
      'other',
      'CPU s/GB',
      values.map(() => 1),
    ),
  ]
  const sections = [{ title: 'A & B', measurements: [one, other], ratios: [ratio('one / other', one, other, target)] }]
  return { startedAt: '2026-01-01T00:00:00.000Z', machine: 'two cores', repetitions: 1, sections }
}

const LABELS = 330

/** Widths of the bars, which all begin where the labels end. */
const widths = (svg: string): number[] =>
  [...svg.matchAll(new RegExp(`<rect x="${LABELS}" y="[\\d.]+" width="([\\d.]+)"`, 'g'))].map(([, width]) =>
    Number(width),
  )

test('a ratio at its target ends at the dashed line, whichever way it gets better', () => {
  for (const target of [{ atLeast: 0.5 }, { atMost: 0.5 }]) {
    const svg = drawRatios(run([0.5], target))
    const [line] = [...svg.matchAll(/<line x1="([\d.]+)"[^>]*dasharray/g)].map(([, x]) => Number(x))
    assert.deepEqual(widths(svg), [Number(((line ?? 0) - LABELS).toFixed(1))])
  }
})

test('worse is farther left', () => {
  const [more = 0] = widths(drawRatios(run([0.4], { atLeast: 0.5 })))
  const [less = 0] = widths(drawRatios(run([0.6], { atMost: 0.5 })))
  const [met = 0] = widths(drawRatios(run([0.5], { atMost: 0.5 })))
  assert.ok(more < met && less < met)
})

test('the scale has round marks, and what goes beyond it says so', () => {
  const marks = (svg: string) => [...svg.matchAll(/text-anchor="middle"[^>]*>([^<]*)</g)].map(([, text]) => text)
  assert.deepEqual(marks(drawUnit(run([0.7]), 'CPU s/GB')), ['0', '0.2', '0.4', '0.6', '0.8', '1'])
  assert.deepEqual(marks(drawUnit(run([24]), 'CPU s/GB')), ['0', '5', '10', '15', '20'])
  const svg = drawRatios(run([5], { atLeast: 1 }))
  assert.deepEqual(marks(svg), ['0', '0.5', '1.5', '2', '2.5', '3', 'target'])
  assert.match(svg, />»</)
  assert.doesNotMatch(drawRatios(run([3], { atLeast: 1 })), />»</)
})

test('ratios without a target are not drawn', () => {
  assert.deepEqual(widths(drawRatios(run([0.5]))), [])
})

test('measurements of one unit are drawn to one scale, their text escaped', () => {
  const svg = drawUnit(run([1, 2, 3]), 'CPU s/GB')
  const [two = 0, one = 0] = widths(svg)
  assert.ok(Math.abs(two - 2 * one) < 0.2)
  assert.deepEqual(svg.match(/A &amp; B</g)?.length, 1)
  assert.match(svg, />one</)
  assert.doesNotMatch(drawUnit(run([1]), 'MB/s'), /A &amp; B/)
})
