import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions, UsageError } from '../src/options.ts'

test('by default all is measured, five times', () => {
  const { only, repetitions, seconds, records, brokers, check } = readOptions([], {})
  assert.deepEqual(
    { only, repetitions, seconds, records, brokers, check },
    { only: undefined, repetitions: 5, seconds: 2, records: 300_000, brokers: undefined, check: false },
  )
})

test('--quick makes everything small, except what is given', () => {
  const { repetitions, records } = readOptions(['--quick', '--repetitions', '4'], {})
  assert.deepEqual({ repetitions, records }, { repetitions: 4, records: 30_000 })
})

test('a running gateway needs the brokers of its route', () => {
  const url = 'ws://127.0.0.1:9080/kafka'
  assert.throws(() => readOptions(['--gateway', url], {}), /KAFKA_BROKERS/)
  const { gatewayUrl, brokers } = readOptions(['--gateway', url], { KAFKA_BROKERS: 'kafka:9092' })
  assert.deepEqual({ gatewayUrl, brokers }, { gatewayUrl: url, brokers: 'kafka:9092' })
})

test('results of an earlier run are looked at where they are given', () => {
  const { check, resultsFile, writeBaseline } = readOptions(['--check', 'results.json'], {})
  assert.deepEqual(
    { check, resultsFile, writeBaseline },
    { check: true, resultsFile: 'results.json', writeBaseline: false },
  )
  assert.equal(readOptions(['--write-baseline', 'results.json'], {}).writeBaseline, true)
})

test('an endpoint is a WebSocket and a topic', () => {
  const url = 'ws://127.0.0.1:9080/kafka'
  assert.deepEqual(readOptions(['--url', url, '--topic', 't'], {}).endpoint, { url, topic: 't' })
})

const refused: readonly [args: string[], message: RegExp][] = [
  [['--only', 'ping'], /--only takes scan, latency, slow-clients, .*, mixed, not ping/],
  [['--repetitions', '0'], /--repetitions takes a positive number, not 0/],
  [['--repetitions', '1.5'], /--repetitions takes a positive number/],
  [['--seconds', 'many'], /--seconds takes a positive number/],
  [['--fast'], /--fast/],
  [['--url', 'ws://127.0.0.1:9080/'], /--url and --topic go together/],
  [['--topic', 't'], /--url and --topic go together/],
  [['--url', 'http://127.0.0.1:9080/', '--topic', 't'], /--url takes ws:/],
  [['results.json'], /results.json: a file of results goes with --check/],
  [['--check', 'one.json', 'two.json'], /one.json two.json/],
]
for (const [args, message] of refused) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(
      () => readOptions(args, {}),
      (error) => error instanceof UsageError && message.test(error.message),
    )
  })
}
