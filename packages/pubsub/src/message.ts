import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { fromBigInt, toBigInt } from './int64.ts'

/** A message as schemes see it: proto names, bigint for 64 bits, every scalar present. */
export type PlainMessage = Record<string, unknown>

const longTypes: ReadonlySet<string> = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

/** Whether a field holds 64-bit integers. */
export function isLong(field: Field): boolean {
  return longTypes.has(field.type)
}

/** Decodes the bytes of one message. Throws what protobufjs throws where they are none. */
export function decodeMessage(type: Type, bytes: Uint8Array): PlainMessage {
  return toPlain(type, type.decode(bytes))
}

/** Encodes a message; absent fields are left out. */
export function encodeMessage(type: Type, message: object): Buffer {
  const bytes = type.encode(wire(type, message)).finish()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A message that protobufjs decoded, as schemes see it. */
export function toPlain(type: Type, decoded: object): PlainMessage {
  const result: PlainMessage = {}
  for (const field of type.fieldsArray) {
    const value: unknown = Reflect.get(decoded, field.name)
    if (field.repeated) result[field.name] = Array.isArray(value) ? value.map((item) => plainValue(field, item)) : []
    else if (value !== null && value !== undefined) result[field.name] = plainValue(field, value)
  }
  return result
}

function plainValue(field: Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type && isObject(value)) return toPlain(field.resolvedType, value)
  if (isLong(field) && (typeof value === 'number' || isHalves(value))) return toBigInt(value)
  // The default of a bytes field is protobufjs's frozen empty array.
  if (field.type === 'bytes' && Array.isArray(value)) return Buffer.alloc(0)
  return value
}

function wire(type: Type, message: object): PlainMessage {
  const result: PlainMessage = {}
  for (const field of type.fieldsArray) {
    const value: unknown = Reflect.get(message, field.name)
    if (value === null || value === undefined) continue
    result[field.name] =
      field.repeated && Array.isArray(value) ? value.map((item) => wireValue(field, item)) : wireValue(field, value)
  }
  return result
}

function wireValue(field: Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type && isObject(value)) return wire(field.resolvedType, value)
  if (isLong(field) && typeof value === 'bigint') return fromBigInt(value)
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isHalves(value: unknown): value is { low: number; high: number; unsigned: boolean } {
  return isObject(value) && 'low' in value && 'high' in value
}
