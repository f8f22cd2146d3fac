import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch } from '../../src/kafka/encode-batch.ts'
import { answerWithRecord, readFetchCommand } from '../../src/relay/messages.ts'
import { fetchCommand } from '../../src/websocket/commands.ts'
import { walkAnswer } from '../../src/websocket/walk-answer.ts'

test('the relay reads the command that the load generator sends', () => {
  const command = fetchCommand(70_000, 'some-topic', 19_999, 1)
  assert.deepEqual(readFetchCommand(command), { sequence: 70_000, offset: 19_999, maxBytes: 1 })
})

test('the relay answers with the record, as the load generator walks it', () => {
  const answer = answerWithRecord(3, 300, encodeBatch({ recordCount: 1, valueBytes: 1024 }, 0))
  assert.partialDeepStrictEqual(walkAnswer(answer), { field: 33, recordCount: 1, lastOffset: 300 })
  assert.ok(answer.includes(Buffer.alloc(1024, 'record 0 of the benchmark, ')))
})
