import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameParser } from '../../src/websocket/frame-parser.ts'

/** A frame as a server sends it. */
function frame(firstByte: number, payload: Buffer): Buffer {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.from([firstByte, length]), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = firstByte
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

function parse(stream: Buffer, chunkBytes: number): string[] {
  const found: string[] = []
  const parser = new FrameParser({
    onMessage: (message) => found.push(`message of ${message.length}: ${message.toString('latin1', 0, 3)}`),
    onPing: (payload) => found.push(`ping ${payload}`),
    onClose: (code, reason) => found.push(`close ${code} ${reason}`),
  })
  for (let at = 0; at < stream.length; at += chunkBytes) parser.push(stream.subarray(at, at + chunkBytes))
  return found
}

const stream = Buffer.concat([
  frame(0x82, Buffer.from('abc')),
  frame(0x82, Buffer.alloc(0)),
  frame(0x02, Buffer.from('head')),
  frame(0x89, Buffer.from('are you there')),
  frame(0x80, Buffer.alloc(300, 'x')),
  frame(0x82, Buffer.alloc(3_000_000, 'y')),
  frame(0x88, Buffer.from('\u0003\u00e9going', 'latin1')),
])

for (const chunkBytes of [1, 7, 4096, stream.length]) {
  test(`frames are found in chunks of ${chunkBytes} bytes`, () => {
    assert.deepEqual(parse(stream, chunkBytes), [
      'message of 3: abc',
      'message of 0: ',
      'ping are you there',
      'message of 304: hea',
      'message of 3000000: yyy',
      'close 1001 going',
    ])
  })
}

test('a frame of an extension is refused', () => {
  assert.throws(() => parse(frame(0xc2, Buffer.from('abc')), 100), /extension/)
})
