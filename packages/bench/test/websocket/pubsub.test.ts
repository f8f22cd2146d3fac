import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRequest } from '@sluice/harness'
import { BINARY, clientFrame } from '../../src/websocket/client-frame.ts'
import { fetchCommand, listOffsetCommand, pingCommand } from '../../src/websocket/commands.ts'
import { walkAnswer } from '../../src/websocket/walk-answer.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('commands are those of proto/pubsub.proto', () => {
  const fetch = { topic: 't', offset: 2n ** 40n, max_bytes: 1_048_576 }
  assert.equal(
    hex(fetchCommand(300, 't', 2 ** 40, 1_048_576)),
    hex(encodeRequest({ sequence: 300n, cmd_kafka_fetch: fetch })),
  )
  assert.equal(
    hex(fetchCommand(1, 't', 7, 9, { partition: 3, maxWaitMs: 500 })),
    hex(
      encodeRequest({
        sequence: 1n,
        cmd_kafka_fetch: { topic: 't', partition: 3, offset: 7n, max_bytes: 9, max_wait_ms: 500 },
      }),
    ),
  )
  assert.equal(
    hex(listOffsetCommand(2, 't')),
    hex(encodeRequest({ sequence: 2n, cmd_kafka_list_offset: { topic: 't', timestamp: -1n } })),
  )
  assert.equal(
    hex(listOffsetCommand(2, 't', -2)),
    hex(encodeRequest({ sequence: 2n, cmd_kafka_list_offset: { topic: 't', timestamp: -2n } })),
  )
  assert.equal(hex(pingCommand(1)), hex(encodeRequest({ sequence: 1n, cmd_ping: { state: Buffer.from('ping') } })))
})

test('a client frame is masked with zero and has its length', () => {
  assert.equal(hex(clientFrame(BINARY, Buffer.from('abc'))), '828300000000616263')
  assert.equal(hex(clientFrame(BINARY, Buffer.alloc(200)).subarray(0, 8)), '82fe00c800000000')
})

const answer = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('the messages of an answer are counted and the last offset is read', () => {
  const two = answer('0801 8a02 0e 0a05 0805 2201 61 0a05 08ac02 1001')
  assert.partialDeepStrictEqual(walkAnswer(two), { field: 33, recordCount: 2, lastOffset: 300 })
})

test('offset 0, which is left out, is read as 0', () => {
  assert.partialDeepStrictEqual(walkAnswer(answer('0801 8a02 05 0a03 220161')), {
    field: 33,
    offset: -1,
    recordCount: 1,
    lastOffset: 0,
  })
})

test('an empty answer and an answer without sequence are read', () => {
  assert.partialDeepStrictEqual(walkAnswer(answer('8a02 00')), { field: 33, recordCount: 0, lastOffset: -1 })
})

test('the offset of an answer is read', () => {
  assert.equal(walkAnswer(answer('0801 9202 03 08ac02')).offset, 300)
  assert.equal(walkAnswer(answer('0801 9202 00')).offset, 0)
})

test('the end of each message is told, where its value ends', () => {
  const values: string[] = []
  walkAnswer(answer('0801 8a02 0e 0a05 0805 2201 61 0a05 0806 2201 62'), (bytes, end) => {
    values.push(bytes.toString('latin1', end - 1, end))
  })
  assert.deepEqual(values, ['a', 'b'])
})

test('other answers are told by their field', () => {
  assert.partialDeepStrictEqual(walkAnswer(answer('0802 8202 03 0a0161')), {
    field: 32,
    recordCount: 0,
    lastOffset: -1,
  })
})

test('an ErrorResp is raised with its text', () => {
  assert.throws(() => walkAnswer(answer('0801 fa01 07 0805 1203 6e6f21')), /the gateway answered: no!$/)
})

test('an answer that is cut off is refused', () => {
  assert.throws(() => walkAnswer(answer('0801 8a02 05 0a03 2201')), /does not end where the answer ends/)
  assert.throws(() => walkAnswer(answer('0801 8a02 05 0a04 220161')), /does not end inside the answer/)
})
