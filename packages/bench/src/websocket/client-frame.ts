/** Of a frame's first byte: the last of its message, and binary. */
export const BINARY = 0x82
export const PONG = 0x8a

/**
 * One frame of a client (RFC 6455, section 5.2). A client has to mask, but may choose the mask: with zero the payload stays
 * as it is, which spares the load generator work that is not to be measured.
 */
export function clientFrame(firstByte: number, payload: Uint8Array): Buffer {
  const { length } = payload
  if (length > 0xffff) throw new RangeError(`${length} bytes are too many for a command`)
  const lengthBytes = length < 126 ? 1 : 3
  const frame = Buffer.alloc(1 + lengthBytes + 4 + length)
  frame[0] = firstByte
  frame[1] = 0x80 | Math.min(length, 126)
  if (length >= 126) frame.writeUInt16BE(length, 2)
  frame.set(payload, 1 + lengthBytes + 4)
  return frame
}
