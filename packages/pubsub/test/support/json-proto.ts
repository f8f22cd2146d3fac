import protobuf from 'protobufjs'
import { createCodec } from '../../src/codec.ts'

/** A protocol whose one answer has a field of every kind that JSON writes in its own way. */
const { root } = protobuf.parse(
  `
syntax = "proto3";
enum Color { NONE = 0; RED = 1; }
message All {
  int64 signed = 1;
  uint64 unsigned = 2;
  int32 small = 3;
  uint32 natural = 4;
  double real = 5;
  bool flag = 6;
  string text = 7;
  bytes data = 8;
  Color color = 9;
  All inner = 10;
  repeated int64 numbers = 11;
  repeated bytes parts = 12;
  repeated All list = 13;
  oneof one { string first = 14; bytes second = 15; }
}
message CmdAll {}
message PubSubReq { int64 sequence = 1; oneof req { CmdAll cmd_all = 2000; } }
message PubSubResp { int64 sequence = 1; oneof resp { All all_resp = 2000; } }`,
  { keepCase: true },
)

const type = createCodec({ descriptor: root.toJSON() }).responses.get('all_resp')
if (type === undefined) throw new Error('the codec lacks the answer')

/** The message, as the codec decodes answers. */
export const all = type

/** A message as protobufjs encodes it; 64-bit integers as decimal strings. */
export function encodeAll(message: object): Uint8Array {
  return all.encode(all.fromObject(message)).finish()
}
