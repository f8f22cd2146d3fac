const final = 0x80
const textFrame = 0x1
const binaryFrame = 0x2

/** How many bytes {@link writeFrameHead} writes. */
export function frameHeadBytes(length: number): number {
  if (length < 126) return 2
  return length < 0x1_0000 ? 4 : 10
}

/**
 * Writes the head of an unmasked frame that is a whole message, as a server sends it, to the start of `target` and gives its
 * length in bytes. RFC 6455, section 5.2.
 *
 * @param length of the payload, in bytes
 */
export function writeFrameHead(target: Buffer, isText: boolean, length: number): number {
  target[0] = final | (isText ? textFrame : binaryFrame)
  const headBytes = frameHeadBytes(length)
  if (headBytes === 2) {
    target[1] = length
  } else if (headBytes === 4) {
    target[1] = 126
    target.writeUInt16BE(length, 2)
  } else {
    target[1] = 127
    target.writeUInt32BE(Math.floor(length / 0x1_0000_0000), 2)
    target.writeUInt32BE(length % 0x1_0000_0000, 6)
  }
  return headBytes
}
