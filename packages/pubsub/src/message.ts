import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { fromBigInt, isHalves, toBigInt } from './int64.ts'

/** A message as schemes see it: proto names, bigint for 64 bits, every scalar present. */
export type PlainMessage = Record<string, unknown>

const longTypes: ReadonlySet<string> = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

/** Whether a field holds 64-bit integers. */
export function isLong(field: Field): boolean {
  return longTypes.has(field.type)
}

/**
 * Encodes a message; absent fields are left out.
 *
 * @throws TypeError where a field holds what it cannot; protobufjs would write something else
 */
export function encodeMessage(type: Type, message: object): Buffer {
  const fields = wire(type, message)
  const fault = type.verify(fields)
  if (fault !== null) throw new TypeError(`${type.name}.${fault}`)
  const bytes = type.encode(fields).finish()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A message that protobufjs decoded, as schemes see it. */
export function toPlain(type: Type, decoded: object): PlainMessage {
  const result: PlainMessage = {}
  for (const { name, repeated, convert } of plainFields(type)) {
    const value: unknown = Reflect.get(decoded, name)
    if (repeated) result[name] = Array.isArray(value) ? value.map(convert) : []
    else if (value !== null && value !== undefined) result[name] = convert(value)
  }
  return result
}

interface PlainField {
  readonly name: string
  readonly repeated: boolean
  convert(this: void, value: unknown): unknown
}

const plainFieldsByType = new WeakMap<Type, readonly PlainField[]>()

/** How the fields of a type are converted: looked up in the descriptor once, not for each message. */
function plainFields(type: Type): readonly PlainField[] {
  const known = plainFieldsByType.get(type)
  if (known !== undefined) return known
  const fields = type.fieldsArray.map((field) => ({
    name: field.name,
    repeated: field.repeated,
    convert: plainConverter(field),
  }))
  plainFieldsByType.set(type, fields)
  return fields
}

function plainConverter({ resolvedType, type }: Field): (value: unknown) => unknown {
  if (resolvedType instanceof protobuf.Type) return (value) => (isObject(value) ? toPlain(resolvedType, value) : value)
  if (longTypes.has(type)) return (value) => (typeof value === 'number' || isHalves(value) ? toBigInt(value) : value)
  // The default of a bytes field is protobufjs's frozen empty array.
  if (type === 'bytes') return (value) => (Array.isArray(value) ? Buffer.alloc(0) : value)
  return (value) => value
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
