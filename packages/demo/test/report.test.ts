import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { createReport } from '../src/report.ts'

function start(times: number[]) {
  let text = ''
  const write = (added: string) => {
    text += stripVTControlCharacters(added)
  }
  return { report: createReport({ write }, () => times.shift() ?? 0), text: () => text }
}

test('a step tells what came of it and how long it took', async () => {
  const { report, text } = start([0, 999.4, 1000, 13_340])
  assert.equal(
    await report.step(
      'Adding',
      async () => 3,
      (sum) => `the sum is ${sum}`,
    ),
    3,
  )
  await report.step(
    'Waiting',
    async () => {},
    () => 'waited',
  )
  assert.equal(text(), '✓ the sum is 3 (999 ms)\n✓ waited (12.3 s)\n')
})

test('a step that fails says so and hands the error on', async () => {
  const { report, text } = start([0, 5])
  const error = new Error('no broker')
  await assert.rejects(
    report.step(
      'Reaching Kafka',
      () => Promise.reject(error),
      () => 'reached',
    ),
    error,
  )
  assert.equal(text(), '✗ Reaching Kafka failed (5 ms)\n')
})

test('what is shown to be copied stands alone', () => {
  const { report, text } = start([])
  report.progress('10 jars downloaded')
  report.show(['curl one', '  two'])
  report.say('done')
  assert.equal(text(), '  10 jars downloaded\n\n    curl one\n      two\n\ndone\n')
})
