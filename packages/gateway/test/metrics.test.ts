import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../src/metrics.ts'

test('counters, gauges and histograms are rendered under the prefix', async (t) => {
  const { metrics, render, contentType, close } = createMetrics()
  t.after(close)
  metrics.counter('records_total', 'Records', { topic: 'a' }).add(2)
  metrics.counter('records_total', 'Records', { topic: 'a' }).add(3)
  metrics.counter('records_total', 'Records', { topic: 'b' }).add(1)
  const connections = metrics.gauge('connections', 'Connections')
  connections.add(3)
  connections.add(-1)
  metrics.histogram('command_seconds', 'Latency', { command: 'fetch' }).observe(0.02)
  const lines = (await render()).split('\n')
  for (const line of [
    '# HELP sluice_records_total Records',
    '# TYPE sluice_records_total counter',
    'sluice_records_total{topic="a"} 5',
    'sluice_records_total{topic="b"} 1',
    'sluice_connections 2',
    'sluice_command_seconds_bucket{le="0.01",command="fetch"} 0',
    'sluice_command_seconds_bucket{le="0.025",command="fetch"} 1',
    'sluice_command_seconds_count{command="fetch"} 1',
  ]) {
    assert.ok(lines.includes(line), line)
  }
  assert.ok(lines.some((line) => line.startsWith('process_cpu_seconds_total ')))
  assert.match(contentType, /^text\/plain; version=0\.0\.4/)
})

test('one metric has one set of label names', (t) => {
  const { metrics, close } = createMetrics()
  t.after(close)
  metrics.counter('bytes_total', 'Bytes', { topic: 'a', node: 'n' }).add(1)
  metrics.counter('bytes_total', 'Bytes', { node: 'n', topic: 'a' }).add(1)
  assert.throws(() => metrics.counter('bytes_total', 'Bytes', { topic: 'a' }), {
    message: 'metric bytes_total has the labels [node,topic], not [topic]; use one set',
  })
})

test('numbers that change between two renderings are those of the moment, and counters only go up', async (t) => {
  const { metrics, render, close } = createMetrics()
  t.after(close)
  const counter = metrics.counter('answers_total', 'Answers')
  const latency = metrics.histogram('answer_seconds', 'Latency')
  for (const [count, sum] of [
    [1, 31],
    [2, 62],
  ]) {
    counter.add(1)
    latency.observe(31)
    const lines = (await render()).split('\n')
    for (const line of [
      `sluice_answers_total ${count}`,
      'sluice_answer_seconds_bucket{le="30"} 0',
      `sluice_answer_seconds_bucket{le="+Inf"} ${count}`,
      `sluice_answer_seconds_sum ${sum}`,
    ]) {
      assert.ok(lines.includes(line), line)
    }
  }
  assert.throws(() => counter.add(-1), { message: 'counter sluice_answers_total cannot go up by -1' })
})

test('labels and help are escaped', async (t) => {
  const { metrics, render, close } = createMetrics()
  t.after(close)
  metrics.histogram('odd_seconds', 'Two\nlines', { topic: 'a"b\\c\nd' }).observe(1)
  const lines = (await render()).split('\n')
  assert.ok(lines.includes('# HELP sluice_odd_seconds Two\\nlines'))
  assert.ok(lines.includes('sluice_odd_seconds_count{topic="a\\"b\\\\c\\nd"} 1'))
})

test('a gauge adds what is read when somebody asks, until its reader has nothing more', async (t) => {
  const { metrics, render, close } = createMetrics()
  t.after(close)
  const held: (number | undefined)[] = [2, 3]
  metrics.gauge('buffers', 'Buffers', {}, () => held[0]).add(10)
  metrics.gauge('buffers', 'Buffers', {}, () => held[1])
  const value = async () => (await render()).split('\n').find((line) => line.startsWith('sluice_buffers '))
  assert.equal(await value(), 'sluice_buffers 15')
  held[0] = 4
  assert.equal(await value(), 'sluice_buffers 17')
  held[0] = undefined
  assert.equal(await value(), 'sluice_buffers 13')
  held[0] = 1
  assert.equal(await value(), 'sluice_buffers 13', 'it is not asked again')
})
