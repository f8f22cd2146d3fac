import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { repositoryRoot } from './repository.ts'

/** A command, in the names of proto/pubsub.proto. */
export interface PubSubRequest {
  readonly sequence?: bigint
  readonly cmd_empty?: Readonly<Record<string, never>>
  readonly cmd_ping?: { readonly state: Uint8Array }
  readonly cmd_kafka_fetch?: KafkaFetch
  readonly cmd_kafka_list_offset?: KafkaListOffset
}

export interface KafkaFetch {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: bigint
  readonly max_bytes?: number
  readonly max_wait_ms?: number
}

export interface KafkaListOffset {
  readonly topic?: string
  readonly partition?: number
  readonly timestamp?: bigint
}

/** An answer, in the names of proto/pubsub.proto; at most one of the optional fields is there. */
export interface PubSubResponse {
  readonly sequence: bigint
  readonly error_resp?: ErrorAnswer
  readonly pong_resp?: { readonly state: Uint8Array }
  readonly kafka_fetch_resp?: { readonly messages: readonly ReadMessage[] }
  readonly kafka_list_offset_resp?: { readonly offset: bigint }
}

/** What an ErrorResp says; offsets are there where they help. */
interface ErrorAnswer {
  readonly code: number
  readonly message: string
  readonly log_start_offset?: bigint
  readonly high_watermark?: bigint
  readonly bad_offset?: bigint
  readonly next_offset?: bigint
}

export interface ReadMessage {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly key: Uint8Array
  readonly value: Uint8Array
}

// Read by reflection from the file that clients get, on purpose not by the code generated for the server: the two check
// each other.
const path = join(repositoryRoot, 'proto/pubsub.proto')
const { root } = protobuf.parse(readFileSync(path, 'utf8'), { keepCase: true })
const Request = root.lookupType('PubSubReq')
const Response = root.lookupType('PubSubResp')

/** The bytes of one command. */
export function encodeRequest(request: PubSubRequest): Uint8Array {
  return encode(Request, request)
}

/** The same for an answer, to test the client against a server of the test's own. */
export function encodeResponse(response: PubSubResponse): Uint8Array {
  return encode(Response, response)
}

/** Reads a command back, for such a server. */
export function decodeRequest(bytes: Uint8Array): PubSubRequest & { readonly sequence: bigint } {
  const { sequence, ...command } = decode(Request, bytes)
  return { sequence, ...command }
}

/**
 * Reads one answer; absent fields of a message that is there have proto3's default values.
 *
 * @throws {Error} when the bytes are not a PubSubResp
 */
export function decodeResponse(bytes: Uint8Array): PubSubResponse {
  const { sequence, ...answer } = decode(Response, bytes)
  return { sequence, ...answer }
}

const decode = (type: protobuf.Type, bytes: Uint8Array) =>
  type.toObject(type.decode(bytes), { longs: BigInt, defaults: true, arrays: true })

const encode = (type: protobuf.Type, message: object): Uint8Array =>
  type.encode(type.fromObject(withoutBigInts(message))).finish()

/** protobufjs 8 encodes a bigint as 0 without a word; decimal strings it takes. */
function withoutBigInts(message: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, withoutBigInt(value)]))
}

function withoutBigInt(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(withoutBigInt)
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  return withoutBigInts(value)
}
