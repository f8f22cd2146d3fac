import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { isLong, type PlainMessage } from './message.ts'

/** A text frame that is JSON but no message of the type; the message says which field and why. */
export class JsonMappingError extends Error {
  override readonly name = 'JsonMappingError'
}

const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const
const int32Range = [-(2 ** 31), 2 ** 31 - 1] as const
const decimal = /^-?[0-9]+$/
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/**
 * Reads a message from JSON by the proto3 JSON mapping: both spellings of a field name, 64-bit integers as decimal strings
 * or safe numbers, bytes as base64 or base64url.
 *
 * @throws JsonMappingError naming the field at fault
 */
export function messageFromJson(type: Type, json: unknown, path = type.name): PlainMessage {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new JsonMappingError(`${path} should be a JSON object`)
  }
  const fields = new Map(
    type.fieldsArray.flatMap((field) => [
      [field.name, field],
      [protobuf.util.camelCase(field.name), field],
    ]),
  )
  const result: PlainMessage = {}
  for (const [name, value] of Object.entries(json)) {
    const field = fields.get(name)
    if (field === undefined) throw new JsonMappingError(`${path} has no field ${JSON.stringify(name.slice(0, 64))}`)
    if (value !== null) result[field.name] = valueFromJson(field, value, `${path}.${field.name}`)
  }
  return result
}

/** Writes a message as JSON by the proto3 JSON mapping, with proto names and with fields that hold their default. */
export function messageToJson(type: Type, message: PlainMessage): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const field of type.fieldsArray) {
    const value = message[field.name] ?? (field.partOf === null ? defaultValue(field) : undefined)
    if (value === undefined) continue
    result[field.name] = Array.isArray(value)
      ? value.map((item) => valueToJson(field, item))
      : valueToJson(field, value)
  }
  return result
}

function defaultValue(field: Field): unknown {
  if (field.repeated) return []
  if (field.resolvedType instanceof protobuf.Type) return undefined
  if (isLong(field)) return 0n
  if (field.type === 'bytes') return Buffer.alloc(0)
  if (field.type === 'string') return ''
  return field.type === 'bool' ? false : 0
}

function valueFromJson(field: Field, value: unknown, path: string): unknown {
  if (field.resolvedType instanceof protobuf.Type) return messageFromJson(field.resolvedType, value, path)
  if (isLong(field)) return int64FromJson(value, path)
  switch (field.type) {
    case 'string':
      if (typeof value === 'string') return value
      throw new JsonMappingError(`${path} should be a string`)
    case 'bytes':
      if (typeof value === 'string' && base64.test(value)) return Buffer.from(value, 'base64')
      throw new JsonMappingError(`${path} should be a string in base64`)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw new JsonMappingError(`${path} should be true or false`)
    default:
      return int32FromJson(value, path)
  }
}

function int64FromJson(value: unknown, path: string): bigint {
  const number =
    Number.isSafeInteger(value) || (typeof value === 'string' && decimal.test(value))
      ? BigInt(String(value))
      : undefined
  if (number === undefined || number < int64Range[0] || number > int64Range[1]) {
    throw new JsonMappingError(
      `${path} should be a 64-bit integer; write it as a string, for JSON numbers are exact only to 2^53`,
    )
  }
  return number
}

function int32FromJson(value: unknown, path: string): number {
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < int32Range[0] || number > int32Range[1]) {
    throw new JsonMappingError(`${path} should be a 32-bit integer`)
  }
  return number
}

function valueToJson(field: Field, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (field.resolvedType instanceof protobuf.Type && typeof value === 'object' && value !== null) {
    return messageToJson(field.resolvedType, { ...value })
  }
  return value
}
