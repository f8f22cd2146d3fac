import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDemoOptions } from '../src/options.ts'

const read = (line: string, env = {}) => readDemoOptions(line === '' ? [] : line.split(' '), env)

test('by default a Kafka is started, the demonstration topic is written and the gateway serves', () => {
  const options = { once: false, readOnly: false, withoutKafka: false, topic: 'sluice-demo' }
  assert.deepEqual(read(''), { kind: 'run', options })
  assert.deepEqual(read('', { KAFKA_BROKERS: '' }), { kind: 'run', options })
  assert.deepEqual(read('--once'), { kind: 'run', options: { ...options, once: true } })
})

test('a Kafka elsewhere is named by KAFKA_BROKERS and may be read only', () => {
  const brokers = 'one:9092,[::1]:9093'
  const env = { KAFKA_BROKERS: 'one:9092, [::1]:9093' }
  assert.deepEqual(read('--read-only --topic orders', env), {
    kind: 'run',
    options: { once: false, readOnly: true, withoutKafka: false, topic: 'orders', brokers },
  })
  assert.deepEqual(read('--topic=orders --read-only --once', env), {
    kind: 'run',
    options: { once: true, readOnly: true, withoutKafka: false, topic: 'orders', brokers },
  })
})

test('the topic may be in memory', () => {
  const options = { once: true, readOnly: false, withoutKafka: true, topic: 'sluice-demo' }
  assert.deepEqual(read('--once --without-kafka'), { kind: 'run', options })
})

test('help wins', () => {
  assert.deepEqual(read('--once --help'), { kind: 'help' })
  assert.deepEqual(read('-h'), { kind: 'help' })
})

for (const [line, brokers, text] of [
  ['--onse', '', 'unknown option --onse'],
  ['--read-only', '', '--read-only needs KAFKA_BROKERS: a Kafka started here is empty'],
  ['--without-kafka', 'a:1', '--without-kafka goes with neither --read-only nor KAFKA_BROKERS'],
  ['--topic orders', 'a:1', '--topic goes with --read-only: only sluice-demo is written to'],
  ['--read-only --topic', 'a:1', '--topic needs the name of a topic'],
  ['--read-only --topic a/b', 'a:1', '--topic needs the name of a topic'],
  ['', 'localhost', 'KAFKA_BROKERS is "localhost"; write host:port[,host:port], such as 127.0.0.1:9092'],
  ['', 'a:1,,b:2', 'KAFKA_BROKERS is "a:1,,b:2"; write host:port[,host:port], such as 127.0.0.1:9092'],
  ['', 'a:70000', 'KAFKA_BROKERS is "a:70000"; write host:port[,host:port], such as 127.0.0.1:9092'],
] as const) {
  test(`mistake: ${line} with KAFKA_BROKERS=${brokers}`, () => {
    assert.deepEqual(read(line, { KAFKA_BROKERS: brokers }), { kind: 'mistake', text })
  })
}
