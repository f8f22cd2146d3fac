import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MetricFamily, renderFamilies } from '../../src/metric-families.ts'
import { combineMetrics, totalsOf } from '../../src/workers/combine-metrics.ts'

const family = (name: string, type: string, ...samples: [Record<string, string>, number, string?][]): MetricFamily => ({
  name,
  help: name,
  type,
  samples: samples.map(([labels, value, suffix = '']) => ({ name: name + suffix, labels, value })),
})

test('numbers with equal names and labels are added up, in whatever order the labels are named', () => {
  const combined = combineMetrics([
    { worker: '1', families: [family('a_total', 'counter', [{ x: '1', y: '2' }, 3], [{ x: '2', y: '2' }, 1])] },
    { worker: '2', families: [family('a_total', 'counter', [{ y: '2', x: '1' }, 4]), family('b', 'gauge', [{}, 5])] },
  ])
  assert.deepEqual(combined, [
    family('a_total', 'counter', [{ x: '1', y: '2' }, 7], [{ x: '2', y: '2' }, 1]),
    family('b', 'gauge', [{}, 5]),
  ])
})

test('the buckets, the sum and the count of a histogram are added up each', () => {
  const observed = (low: number, all: number, sum: number) =>
    family(
      'h',
      'histogram',
      [{ le: '1' }, low, '_bucket'],
      [{ le: '+Inf' }, all, '_bucket'],
      [{}, sum, '_sum'],
      [{}, all, '_count'],
    )
  const combined = combineMetrics([
    { worker: '1', families: [observed(1, 2, 5.5)] },
    { worker: '2', families: [observed(10, 20, 1)] },
  ])
  assert.deepEqual(combined, [observed(11, 22, 6.5)])
})

test('what is told of a process has the label worker, and so has the revision', () => {
  const combined = combineMetrics([
    { worker: 'main', families: [family('process_resident_memory_bytes', 'gauge', [{}, 1])] },
    {
      worker: '1',
      families: [
        family('process_resident_memory_bytes', 'gauge', [{}, 2]),
        family('sluice_config_revision', 'gauge', [{}, 9]),
      ],
    },
  ])
  assert.deepEqual(combined, [
    family('process_resident_memory_bytes', 'gauge', [{ worker: 'main' }, 1], [{ worker: '1' }, 2]),
    family('sluice_config_revision', 'gauge', [{ worker: '1' }, 9]),
  ])
})

test('of a process that has ended there stay the counters and histograms that are added up', () => {
  const families = [
    family('a_total', 'counter', [{}, 1]),
    family('b', 'gauge', [{}, 1]),
    family('h', 'histogram', [{}, 1, '_count']),
    family('process_cpu_seconds_total', 'counter', [{}, 1]),
  ]
  assert.deepEqual(
    totalsOf(families).map(({ name }) => name),
    ['a_total', 'h'],
  )
})

test('is rendered with what is no number too', () => {
  const text = renderFamilies([family('b', 'gauge', [{}, Number.NaN], [{ l: 'x' }, Number.POSITIVE_INFINITY])])
  assert.equal(text, '# HELP b b\n# TYPE b gauge\nb NaN\nb{l="x"} +Inf\n')
})
