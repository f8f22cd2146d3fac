import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { toBigInt } from './int64.ts'
import { encodeMessage, type PlainMessage, toPlain } from './message.ts'
import type { ProtoModule } from './proto-module.ts'

const firstCommandNumber = 31
const firstOwnNumber = 1000
const sequenceNumber = 1

const wireVarint = 0
const wireBytes = 2

/** A frame from a client, taken apart. */
export interface DecodedRequest {
  readonly sequence: bigint
  /** Absent where the frame has no command that the protocol knows. */
  readonly command?: { readonly name: string; readonly message: PlainMessage; readonly usesOwnFields: boolean }
  /** Whether a field stands in the place of a command that the protocol does not know. */
  readonly unknownCommand: boolean
}

/** Encodes and decodes the envelope of one protocol. */
export interface Codec {
  /** PubSubReq itself. */
  readonly request: Type
  readonly commands: ReadonlyMap<string, Type>
  /** For decoding: their `bytes` fields tell empty from not set. */
  readonly responses: ReadonlyMap<string, Type>
  /** Names of the `bytes` fields of all messages. */
  readonly bytesFields: ReadonlySet<string>
  /** Throws where the bytes are no PubSubReq. Of several commands the last counts, as protobuf says of a oneof. */
  decodeRequest(frame: Buffer): DecodedRequest
  encodeResponse(name: string, message: object): Buffer
  /** What stands in front of the encoded inner message: sequence, field and length. */
  envelopeHead(sequence: bigint, name: string, bodyLength: number): Buffer
}

/** Makes the codec of a protocol from its descriptor, which `npm run proto` has checked. */
export function createCodec(proto: ProtoModule): Codec {
  const root = protobuf.Root.fromJSON(proto.descriptor)
  root.resolveAll()
  const textRoot = rootWithPresence(proto.descriptor)
  const request = root.lookupType('PubSubReq')
  const commandFields = oneofFields(request, 'req')
  const responseFields = oneofFields(root.lookupType('PubSubResp'), 'resp')
  const commandsByNumber = new Map([...commandFields.values()].map((entry) => [entry.field.id, entry]))
  const response = (name: string): OneofField => {
    const entry = responseFields.get(name)
    if (entry === undefined) throw new TypeError(`PubSubResp has no field ${name}`)
    return entry
  }

  return {
    request,
    commands: types(commandFields),
    responses: types(oneofFields(textRoot.lookupType('PubSubResp'), 'resp')),
    bytesFields: new Set(bytesFields(root)),
    decodeRequest: (frame) => decodeRequest(frame, commandsByNumber),
    encodeResponse: (name, message) => encodeMessage(response(name).type, message),
    envelopeHead: (sequence, name, bodyLength) => envelopeHead(sequence, response(name).field.id, bodyLength),
  }
}

/** The same messages, decoded so that a `bytes` field that is set and empty differs from one that is not set. */
function rootWithPresence(descriptor: ProtoModule['descriptor']): protobuf.Root {
  const changed: ProtoModule['descriptor'] = JSON.parse(JSON.stringify(descriptor), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'bytes') return value
    const options = 'options' in value && typeof value.options === 'object' ? value.options : undefined
    return { ...value, options: { ...options, features: { field_presence: 'EXPLICIT' } } }
  })
  const root = protobuf.Root.fromJSON(changed)
  root.resolveAll()
  return root
}

function bytesFields(namespace: protobuf.NamespaceBase): string[] {
  const own = namespace instanceof protobuf.Type ? namespace.fieldsArray.filter(({ type }) => type === 'bytes') : []
  const inner = namespace.nestedArray.filter((item) => item instanceof protobuf.Namespace)
  return [...own.map(({ name }) => name), ...inner.flatMap(bytesFields)]
}

interface OneofField {
  readonly field: Field
  readonly type: Type
  /** Names of the fields with numbers of Sluice's own or of another author. */
  readonly ownFields: readonly string[]
}

function oneofFields(envelope: Type, oneof: string): ReadonlyMap<string, OneofField> {
  const result = new Map<string, OneofField>()
  for (const field of envelope.oneofs[oneof]?.fieldsArray ?? []) {
    const type = field.resolvedType
    if (!(type instanceof protobuf.Type)) throw new TypeError(`${envelope.name}.${field.name} is not a message`)
    const ownFields = type.fieldsArray.filter((inner) => inner.id >= firstOwnNumber).map((inner) => inner.name)
    result.set(field.name, { field, type, ownFields })
  }
  return result
}

function types(fields: ReadonlyMap<string, OneofField>): ReadonlyMap<string, Type> {
  return new Map([...fields].map(([name, { type }]) => [name, type]))
}

function decodeRequest(frame: Buffer, commands: ReadonlyMap<number, OneofField>): DecodedRequest {
  const reader = protobuf.Reader.create(frame)
  let sequence = 0n
  let unknownCommand = false
  let found: OneofField | undefined
  let start = 0
  let length = 0
  let earlier: Uint8Array | undefined
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const number = tag >>> 3
    const wireType = tag & 7
    if (number === 0) throw new RangeError('field number 0')
    const command = wireType === wireBytes ? commands.get(number) : undefined
    if (number === sequenceNumber && wireType === wireVarint) {
      sequence = toBigInt(reader.int64())
    } else if (command !== undefined) {
      // Protobuf merges a message field that occurs twice, and joining the encodings does just that.
      if (command !== found) earlier = undefined
      else earlier = join(earlier, frame.subarray(start, start + length))
      found = command
      length = reader.uint32()
      start = reader.pos
      reader.skip(length)
    } else {
      if (number >= firstCommandNumber) unknownCommand = true
      reader.skipType(wireType, 0, number)
    }
  }
  if (found === undefined) return { sequence, unknownCommand }
  const decoded =
    earlier === undefined
      ? decodeAt(found.type, reader, start, length)
      : found.type.decode(join(earlier, frame.subarray(start, start + length)))
  return {
    sequence,
    command: {
      name: found.field.name,
      message: toPlain(found.type, decoded),
      // protobufjs sets a field as the object's own only if it was on the wire.
      usesOwnFields: found.ownFields.some((name) => Object.hasOwn(decoded, name)),
    },
    unknownCommand,
  }
}

/** Decodes without a view of the part, which costs as much as the decoding of a small message. */
function decodeAt(type: Type, reader: protobuf.Reader, start: number, length: number): object {
  reader.pos = start
  const message = type.decode(reader, length)
  // The reader only knows where the whole frame ends.
  if (reader.pos !== start + length) throw new RangeError('a field reaches beyond its message')
  return message
}

function join(before: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  return before === undefined ? bytes : Buffer.concat([before, bytes])
}

// Two tags of at most 5 bytes, a sequence of 10 and a length of 5.
const mostHeadBytes = 25

function envelopeHead(sequence: bigint, fieldNumber: number, bodyLength: number): Buffer {
  const head = Buffer.allocUnsafe(mostHeadBytes)
  let at = 0
  if (sequence !== 0n) {
    at = writeVarint(head, at, (sequenceNumber << 3) | wireVarint)
    at = writeInt64(head, at, sequence)
  }
  at = writeVarint(head, at, (fieldNumber << 3) | wireBytes)
  at = writeVarint(head, at, bodyLength)
  return head.subarray(0, at)
}

/** Writes an unsigned number of up to 32 bits and gives where it ends. */
function writeVarint(target: Buffer, start: number, value: number): number {
  let at = start
  let rest = value >>> 0
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

function writeInt64(target: Buffer, start: number, value: bigint): number {
  if (value >= 0n && value <= 0xffff_ffffn) return writeVarint(target, start, Number(value))
  let at = start
  let rest = BigInt.asUintN(64, value)
  while (rest > 0x7fn) {
    target[at++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  target[at++] = Number(rest)
  return at
}
