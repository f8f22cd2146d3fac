import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchRequest, leaderRequest, produceRequest, requestFrame } from '../../src/kafka/requests.ts'
import { Writer } from '../../src/kafka/writer.ts'

const fetchAnswer = (topLevelError: number, partitionError: number, records: Buffer): Buffer =>
  new Writer()
    .int32(0)
    .int16(topLevelError)
    .int32(0)
    .int32(1)
    .string('t')
    .int32(1)
    .int32(0)
    .int16(partitionError)
    .int64(9)
    .int64(9)
    .int64(0)
    .int32(1)
    .int64(5)
    .int64(6)
    .int32(-1)
    .int32(records.length)
    .bytes(records)
    .toBuffer()

test('the frame of a request begins with its length and header v1', () => {
  const frame = requestFrame(leaderRequest('t'), 5)
  assert.equal(frame.readInt32BE(0), frame.length - 4)
  assert.equal(frame.toString('hex', 4, 26), `0003000100000005000c${Buffer.from('sluice-bench').toString('hex')}`)
  assert.equal(frame.toString('hex', 26), '00000001000174')
})

test('the records of a Fetch answer are found behind aborted transactions', () => {
  const request = fetchRequest('t', 2 ** 33, 1024, (records) => records.toString())
  assert.equal(request.read(fetchAnswer(0, 0, Buffer.from('records'))), 'records')
  assert.ok(request.body.includes(Buffer.from('0000000200000000', 'hex')), 'the offset is written in full')
})

test('errors of Fetch are raised', () => {
  const request = fetchRequest('t', 0, 1024, () => 'no error')
  assert.throws(() => request.read(fetchAnswer(0, 1, Buffer.alloc(0))), /Fetch was answered with Kafka's error code 1$/)
  assert.throws(() => request.read(fetchAnswer(70, 0, Buffer.alloc(0))), /error code 70$/)
})

test('errors of Produce are raised', () => {
  const answer = (errorCode: number) =>
    new Writer().int32(1).string('topic').int32(1).int32(0).int16(errorCode).toBuffer()
  const request = produceRequest('topic', Buffer.alloc(1))
  assert.equal(request.read(answer(0)), undefined)
  assert.throws(() => request.read(answer(3)), /Produce was answered with Kafka's error code 3$/)
})

test('the leader is found among the brokers', () => {
  const brokers = new Writer().int32(2).int32(1).string('one').int32(9092).int16(-1).int32(2).string('two').int32(9093)
  brokers.string('rack').int32(1)
  const answer = (errorCode: number, leader: number) =>
    new Writer()
      .bytes(brokers.toBuffer())
      .int32(1)
      .int16(errorCode)
      .string('t')
      .int8(0)
      .int32(1)
      .int16(0)
      .int32(0)
      .int32(leader)
      .toBuffer()
  const request = leaderRequest('t')
  assert.deepEqual(request.read(answer(0, 2)), { host: 'two', port: 9093 })
  assert.equal(request.read(answer(0, -1)), undefined)
  assert.equal(request.read(answer(5, -1)), undefined)
})
