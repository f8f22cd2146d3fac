import protobuf from 'protobufjs'

/** An answer of a pub/sub scheme. @public */
export interface AnswerFrame {
  /** As a decimal text. */
  readonly sequence: string
  /** Field of PubSubResp. */
  readonly name: string
  /** As protobufjs reads it: 64-bit integers as decimal texts, bytes in base64. */
  readonly message: Readonly<Record<string, unknown>>
  /** The bytes of the inner message, as they came. */
  readonly bytes: Uint8Array
  /** What protobufjs makes of the message again. */
  readonly again: Uint8Array
}

/** Writes and reads the frames of one protocol, with nothing of Sluice in between. @public */
export interface Frames {
  /** A PubSubReq of its JSON form: 64-bit integers as numbers or decimal texts, bytes in base64. */
  encode(request: object): Buffer
  /** Reads a PubSubResp. @throws Error where it is none */
  decode(frame: Uint8Array): AnswerFrame
}

/**
 * Makes the frames of a protocol.
 *
 * @param descriptor of the protocol, as `scheme.protocol` has it
 * @public
 */
export function createFrames(descriptor: object): Frames {
  const root = protobuf.Root.fromJSON(descriptor)
  const [request, response] = [root.lookupType('PubSubReq'), root.lookupType('PubSubResp')]
  return {
    encode: (json) => Buffer.from(request.encode(request.fromObject(json)).finish()),
    decode(frame) {
      const decoded = response.decode(frame)
      const plain: Record<string, unknown> = response.toObject(decoded, { longs: String, bytes: String, enums: String })
      const name = Object.keys(plain).find((key) => key !== 'sequence') ?? ''
      const type = response.fields[name]?.resolve().resolvedType
      if (!(type instanceof protobuf.Type)) throw new Error(`the answer has no field that the protocol knows`)
      const message: Record<string, unknown> = Object.fromEntries(Object.entries(plain[name] ?? {}))
      const again = type.encode(type.decode(innerBytes(frame))).finish()
      return { sequence: String(plain.sequence ?? '0'), name, message, bytes: innerBytes(frame), again }
    },
  }
}

/** The last field of an answer is the message: its bytes are the end of the frame. */
function innerBytes(frame: Uint8Array): Uint8Array {
  const reader = protobuf.Reader.create(frame)
  let bytes: Uint8Array = new Uint8Array()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 !== 1 && (tag & 7) === 2) bytes = reader.bytes()
    else reader.skipType(tag & 7)
  }
  return bytes
}
