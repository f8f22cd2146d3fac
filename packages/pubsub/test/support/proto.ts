import protobuf from 'protobufjs'
import type { ProtoModule } from '../../src/proto-module.ts'

/** A protocol for tests, with a command that has a field of its own number block and one that has such a number itself. */
const source = `
syntax = "proto3";
message CmdEmpty {}
message CmdPing { bytes state = 1; }
message CmdRead { string log = 1; int64 offset = 2; int32 max_bytes = 1000; }
message CmdFollow { string log = 1; }
message ReadResp { repeated Entry entries = 1; }
message Entry { int64 offset = 1; bytes value = 2; }
message ErrorResp { int32 code = 1; string message = 2; optional int64 next_offset = 1000; }
message PongResp { bytes state = 1; }
message PubSubReq {
  int64 sequence = 1;
  oneof req { CmdEmpty cmd_empty = 31; CmdPing cmd_ping = 32; CmdRead cmd_read = 33; CmdFollow cmd_follow = 2000; }
}
message PubSubResp {
  int64 sequence = 1;
  oneof resp { ErrorResp error_resp = 31; PongResp pong_resp = 32; ReadResp read_resp = 33; }
}
`

export interface Entry {
  readonly offset: bigint
  readonly value: Uint8Array
}

export interface LogProtocol {
  readonly requests: {
    readonly cmd_read: { readonly log: string; readonly offset: bigint; readonly max_bytes: number }
    readonly cmd_follow: { readonly log: string }
  }
  readonly responses: { readonly read_resp: { readonly entries: readonly Entry[] } }
}

/** The same protocol as protobufjs itself reads and writes it. */
const { root } = protobuf.parse(source, { keepCase: true })

export const logProtocol: ProtoModule<LogProtocol> = { descriptor: root.toJSON() }

/** A PubSubReq as protobufjs encodes it; 64-bit integers as decimal strings. */
export function request(message: object): Buffer {
  const type = root.lookupType('PubSubReq')
  return Buffer.from(type.encode(type.fromObject(message)).finish())
}

/** A PubSubResp as protobufjs decodes it, 64-bit integers as decimal strings, bytes as text. */
export function response(frame: Uint8Array): Record<string, unknown> {
  const type = root.lookupType('PubSubResp')
  const plain = type.toObject(type.decode(frame), { longs: String, bytes: Array, defaults: false })
  return JSON.parse(
    JSON.stringify(plain, (_key, value: unknown) =>
      Array.isArray(value) && value.every((item) => typeof item === 'number') ? Buffer.from(value).toString() : value,
    ),
  )
}
