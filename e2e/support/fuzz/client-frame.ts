/** Opcodes of RFC 6455, section 5.2. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** What may differ from a frame as it should be. */
export interface FrameOptions {
  /** Whether it is the last of its message; true by default. */
  readonly fin?: boolean
  /** RSV1 to RSV3 as three bits; 0 by default. */
  readonly reserved?: number
  /** True by default, as RFC 6455, section 5.3, asks of a client. */
  readonly masked?: boolean
  /** What the length field says; the payload's length by default. */
  readonly claimedLength?: bigint
}

// Any mask will do: this one makes a forgotten unmasking show.
const mask = Buffer.from([0x5a, 0xc3, 0x0f, 0x99])

/** One frame of a client, right or wrong. */
export function clientFrame(code: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = options
  const claimedLength = BigInt.asUintN(64, options.claimedLength ?? BigInt(payload.length))
  const first = (fin ? 0x80 : 0) | (reserved << 4) | code
  const head = Buffer.concat([Buffer.from([first]), lengthField(claimedLength, masked)])
  if (!masked) return Buffer.concat([head, payload])
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

function lengthField(length: bigint, masked: boolean): Buffer {
  const bit = masked ? 0x80 : 0
  if (length < 126n) return Buffer.from([bit | Number(length)])
  if (length < 0x1_0000n) return Buffer.from([bit | 126, Number(length >> 8n), Number(length & 0xffn)])
  const field = Buffer.alloc(9)
  field[0] = bit | 127
  field.writeBigUInt64BE(length, 1)
  return field
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason])
}

/** A message in fragments of so many bytes, with what `between` gives in front of each but the first. */
export function fragmented(
  code: number,
  payload: Uint8Array,
  size: number,
  between: () => readonly Buffer[] = () => [],
): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    if (at > 0) frames.push(...between())
    const fin = at + size >= payload.length
    frames.push(clientFrame(at === 0 ? code : opcode.continuation, payload.subarray(at, at + size), { fin }))
  }
  return frames
}
