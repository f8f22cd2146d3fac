import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../src/pubsub-codec.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (...values: number[]) => Buffer.from(values)

describe('the pub/sub codec of the test client', () => {
  it('writes the bytes that the protocol says', () => {
    // sequence = 1; cmd_ping (32) { state: 0xff }
    assert.equal(hex(encodeRequest({ sequence: 1n, cmd_ping: { state: bytes(0xff) } })), '08018202030a01ff')
    // cmd_kafka_list_offset (34) { topic: "t", timestamp: -2 }
    const listOffset = encodeRequest({ cmd_kafka_list_offset: { topic: 't', timestamp: -2n } })
    assert.equal(hex(listOffset), '92020e0a017418feffffffffffffffff01')
  })

  it('keeps all 64 bits of an integer in both directions', () => {
    for (const value of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), -1n, 1n]) {
      const fetch = { topic: 't', partition: 0, offset: value, max_bytes: 1, max_wait_ms: 2 }
      const request = { sequence: value, cmd_kafka_fetch: fetch }
      assert.deepEqual(decodeRequest(encodeRequest(request)), request)
      const message = { offset: value, timestamp: value, key: bytes(1), value: bytes() }
      const response = { sequence: value, kafka_fetch_resp: { messages: [message, message] } }
      assert.deepEqual(decodeResponse(encodeResponse(response)), response)
    }
  })

  it('gives absent fields their default values', () => {
    assert.deepEqual(decodeResponse(bytes()), { sequence: 0n })
    // kafka_fetch_resp (33) with one empty message
    assert.deepEqual(decodeResponse(Buffer.from('8a02020a00', 'hex')), {
      sequence: 0n,
      kafka_fetch_resp: { messages: [{ offset: 0n, timestamp: 0n, key: bytes(), value: bytes() }] },
    })
    assert.deepEqual(decodeResponse(Buffer.from('8a0200', 'hex')).kafka_fetch_resp, { messages: [] })
  })

  it('refuses what is no answer', () => {
    assert.throws(() => decodeResponse(bytes(0xff, 0xff)))
  })
})
