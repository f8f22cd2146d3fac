import { nearest } from '@sluice/spi'
import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { isLong, type PlainMessage } from '../message.ts'
import type { BytesForm, BytesForms } from './bytes-forms.ts'
import { exactInteger, JsonNumber, jsonText } from './json-number.ts'

/** A text frame that is JSON but no message of the type; the message says which field and why. */
export class JsonMappingError extends Error {
  override readonly name = 'JsonMappingError'
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const longestShown = 64
const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

/**
 * Reads a message from JSON by the proto3 JSON mapping: both spellings of a field name, integers as numbers or decimal
 * strings, exact to 64 bits, enums by name or number, `bytes` in the form of the connection or under the names of answers
 * (`<field>_text`, `<field>_base64`).
 *
 * @param json what `parseJson` gave
 * @throws JsonMappingError naming the field at fault
 */
export function messageFromJson(type: Type, json: unknown, forms: BytesForms, path = type.name): PlainMessage {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof JsonNumber) {
    throw new JsonMappingError(`${path} should be a JSON object, such as {}`)
  }
  const members = membersOf(type, forms)
  const result: PlainMessage = {}
  for (const [name, value] of Object.entries(json)) {
    const member = members.get(name)
    if (member === undefined) throw unknownField(type, name, path)
    const { field, form } = member
    if (Object.hasOwn(result, field.name)) throw new JsonMappingError(`${path}.${field.name} is given twice`)
    // A null bytes field in the form `json` is the JSON null; elsewhere null stands for a field that is not set.
    if (value === null && form !== 'json') continue
    result[field.name] = fieldFromJson(field, value, { forms, form, path: `${path}.${name}` })
  }
  return result
}

interface Member {
  readonly field: Field
  /** For `bytes`. */
  readonly form: BytesForm
}

interface Place {
  readonly forms: BytesForms
  readonly form: BytesForm
  /** Names of the fields that lead there, for messages to the client. */
  readonly path: string
}

function membersOf(type: Type, forms: BytesForms): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>()
  const add = (name: string, member: Member): void => {
    members.set(protobuf.util.camelCase(name), member)
    members.set(name, member)
  }
  for (const field of type.fieldsArray) {
    const asked = field.type === 'bytes' ? forms(field.name) : 'base64'
    if (asked === 'json') add(`${field.name}_text`, { field, form: 'text' })
    if (asked !== 'base64') add(`${field.name}_base64`, { field, form: 'base64' })
  }
  // Last, so that a field of the protocol goes before what is ours.
  for (const field of type.fieldsArray) {
    add(field.name, { field, form: field.type === 'bytes' ? forms(field.name) : 'base64' })
  }
  return members
}

function unknownField(type: Type, name: string, path: string): JsonMappingError {
  const shown = name.slice(0, longestShown)
  const names = type.fieldsArray.map((field) => field.name)
  const likely = nearest(shown, [...names, ...names.map((each) => protobuf.util.camelCase(each))])
  const remedy = likely === undefined ? `it has ${names.join(', ') || 'none'}` : `did you mean ${likely}?`
  return new JsonMappingError(`${path} has no field ${JSON.stringify(shown)}; ${remedy}`)
}

function fieldFromJson(field: Field, value: unknown, place: Place): unknown {
  if (!field.repeated) return valueFromJson(field, value, place)
  if (!Array.isArray(value)) throw new JsonMappingError(`${place.path} should be a list, such as []`)
  return value.map((item, index) => valueFromJson(field, item, { ...place, path: `${place.path}[${index}]` }))
}

function valueFromJson(field: Field, value: unknown, { forms, form, path }: Place): unknown {
  const { resolvedType, type } = field
  if (resolvedType instanceof protobuf.Type) return messageFromJson(resolvedType, value, forms, path)
  if (resolvedType instanceof protobuf.Enum) return enumFromJson(resolvedType, value, path)
  if (isLong(field)) return integerFromJson(value, 64, type, path)
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value
      throw new JsonMappingError(`${path} should be a string, such as "text"`)
    case 'bytes':
      return bytesFromJson(value, form, path)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw new JsonMappingError(`${path} should be true or false`)
    case 'float':
    case 'double':
      return floatFromJson(value, path)
    default:
      return Number(integerFromJson(value, 32, type, path))
  }
}

function bytesFromJson(value: unknown, form: BytesForm, path: string): Buffer {
  if (form === 'json') return Buffer.from(jsonText(value))
  if (form === 'text') {
    if (typeof value === 'string') return Buffer.from(value)
    throw new JsonMappingError(`${path} should be a string, such as "text"`)
  }
  if (typeof value === 'string' && base64.test(value) && value.replace(/={1,2}$/, '').length % 4 !== 1) {
    return Buffer.from(value, 'base64')
  }
  throw new JsonMappingError(`${path} should be a string in base64, such as "dGV4dA=="`)
}

function integerFromJson(value: unknown, bits: 32 | 64, type: string, path: string): bigint {
  const number = exactInteger(value)
  const isUnsigned = type.startsWith('u') || type.startsWith('fixed')
  const fits =
    number !== undefined && (isUnsigned ? BigInt.asUintN(bits, number) : BigInt.asIntN(bits, number)) === number
  if (fits) return number
  const example = bits === 64 ? '"42" or 42' : '42'
  throw new JsonMappingError(
    `${path} should be ${isUnsigned ? 'an unsigned ' : 'a '}${bits}-bit integer, such as ${example}`,
  )
}

function floatFromJson(value: unknown, path: string): number {
  const text = value instanceof JsonNumber ? value.source : value
  const number = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN
  if (!Number.isNaN(number) || notFinite.has(text)) return number
  throw new JsonMappingError(`${path} should be a number, such as 1.5`)
}

function enumFromJson({ values }: protobuf.Enum, value: unknown, path: string): number {
  const named = typeof value === 'string' && Object.hasOwn(values, value) ? values[value] : undefined
  if (named !== undefined) return named
  if (value instanceof JsonNumber) return Number(integerFromJson(value, 32, 'int32', path))
  throw new JsonMappingError(`${path} should be one of ${Object.keys(values).join(', ')}`)
}
