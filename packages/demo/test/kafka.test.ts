import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startedText } from '../src/kafka.ts'

test('a Kafka that is not on its usual port says why', () => {
  assert.equal(startedText('127.0.0.1:9092'), 'A real Kafka is running: clients 127.0.0.1:9092')
  assert.equal(
    startedText('127.0.0.1:19092'),
    'A real Kafka is running: clients 127.0.0.1:19092 (the usual port 9092 is taken)',
  )
})
