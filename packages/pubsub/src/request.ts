import type { SluiceError } from '@sluice/spi'
import type { Codec } from './codec.ts'
import { EmptyCommand, UnknownCommand, WrongCommand, WrongJson } from './errors.ts'
import { type BytesForms, base64Everywhere } from './json/bytes-forms.ts'
import { JsonMappingError, messageFromJson } from './json/from-json.ts'
import { parseJson } from './json/json-number.ts'
import { encodeMessage, type PlainMessage } from './message.ts'

interface AnyRequest {
  readonly sequence: bigint
  /** The frame was text, and so is the answer. */
  readonly isText: boolean
}

/** A command of the protocol. */
export interface RequestedCommand extends AnyRequest {
  readonly kind: 'command'
  readonly name: string
  readonly message: PlainMessage
  readonly ordered: boolean
}

interface RefusedRequest extends AnyRequest {
  readonly kind: 'refused'
  readonly error: SluiceError
}

/** A frame from a client, as far as it could be understood. */
export type PubSubRequest = RequestedCommand | RefusedRequest

/** Reads a binary frame; what is wrong with it is in the result, for it has to be answered. */
export function readBinaryRequest(codec: Codec, frame: Buffer): PubSubRequest {
  try {
    const { sequence, command, unknownCommand } = codec.decodeRequest(frame)
    if (command === undefined) {
      const error = unknownCommand ? new UnknownCommand() : new EmptyCommand()
      return { kind: 'refused', sequence, isText: false, error }
    }
    const { name, message, usesOwnFields } = command
    return { kind: 'command', sequence, isText: false, name, message, ordered: !usesOwnFields }
  } catch (cause) {
    return { kind: 'refused', sequence: 0n, isText: false, error: new WrongCommand({ cause }) }
  }
}

/** Reads a text frame: a PubSubReq by the proto3 JSON mapping, its `bytes` in the forms of the connection. */
export function readTextRequest(codec: Codec, text: string, forms: BytesForms, example: string): PubSubRequest {
  let json: unknown
  try {
    json = parseJson(text)
    const message = messageFromJson(codec.request, json, forms)
    const commands = Object.keys(message).filter((name) => codec.commands.has(name))
    if (commands.length > 1) throw new JsonMappingError(`a message holds one command, not ${commands.join(' and ')}`)
    return { ...readBinaryRequest(codec, encodeMessage(codec.request, message)), isText: true }
  } catch (cause) {
    const error = new WrongJson(reasonOf(cause), example, { cause })
    return { kind: 'refused', sequence: sequenceOf(codec, json), isText: true, error }
  }
}

const longestReason = 200

/** What a client is told about its own text. */
function reasonOf(cause: unknown): string {
  if (cause instanceof JsonMappingError) return cause.message
  // Nesting ends the stack of the reviver.
  if (cause instanceof RangeError) return 'the text is nested too deeply'
  return `the text is not JSON (${cause instanceof Error ? cause.message.slice(0, longestReason) : String(cause)})`
}

/** The sequence of a message that is wrong otherwise, so that a client which has several under way knows which one. */
function sequenceOf(codec: Codec, json: unknown): bigint {
  const given: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'sequence') : undefined
  try {
    const { sequence } = messageFromJson(codec.request, { sequence: given ?? null }, base64Everywhere)
    return typeof sequence === 'bigint' ? sequence : 0n
  } catch {
    return 0n
  }
}
