import { isUtf8 } from 'node:buffer'
import type { Field, Type } from 'protobufjs'
import protobuf from 'protobufjs'
import { isHalves, toBigInt } from '../int64.ts'
import { isLong } from '../message.ts'
import type { BytesForm, BytesForms } from './bytes-forms.ts'

/** Writes the value of a field that is set, or is in a list. */
type WriteValue = (value: unknown) => string

/** Bytes of a message that are turned into text without a pause: about 2 ms. */
const pieceBytes = 128 * 1024

const wireBytes = 2

interface WrittenField {
  readonly name: string
  /** What stands for the field where it is not set; empty where nothing does. */
  readonly absent: string
  /** `"name":value` */
  write(value: unknown): string
}

/**
 * Writes messages as JSON by the proto3 JSON mapping, with proto names, fields that hold their default included, and
 * `bytes` in the forms that the client chose. It writes text and no objects, so that JSON inside `bytes` stays as it is.
 */
export class JsonWriter {
  readonly #forms: BytesForms
  readonly #fields = new Map<Type, readonly WrittenField[]>()

  constructor(forms: BytesForms) {
    this.#forms = forms
  }

  /** The JSON text of an encoded message. Throws what protobufjs throws where the bytes are none. */
  write(type: Type, bytes: Uint8Array): string {
    return this.#message(this.#fieldsOf(type), type.decode(bytes))
  }

  /**
   * The same text in pieces, each made at the call for it from about 128 KiB of the message: of a message that is
   * a list of others, for those alone can be large.
   */
  *pieces(type: Type, bytes: Uint8Array): Generator<string, string, void> {
    const [list, ...others] = type.fieldsArray
    const item = list?.resolvedType
    if (list === undefined || others.length > 0 || !list.repeated || !(item instanceof protobuf.Type)) {
      return this.write(type, bytes)
    }
    const fields = this.#fieldsOf(item)
    const reader = protobuf.Reader.create(bytes)
    let text = `{"${list.name}":[`
    let separator = ''
    let pieceEnd = pieceBytes
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag !== ((list.id << 3) | wireBytes)) {
        reader.skipType(tag & 7, 0, tag >>> 3)
        continue
      }
      text += separator + this.#message(fields, item.decode(reader, reader.uint32()))
      separator = ','
      if (reader.pos < pieceEnd || reader.pos === reader.len) continue
      yield text
      text = ''
      pieceEnd = reader.pos + pieceBytes
    }
    return `${text}]}`
  }

  #message(fields: readonly WrittenField[], decoded: object): string {
    let text = ''
    for (const { name, absent, write } of fields) {
      // protobufjs sets a field as the object's own only if it was on the wire.
      const member = Object.hasOwn(decoded, name) ? write(Reflect.get(decoded, name)) : absent
      if (member !== '') text += text === '' ? member : `,${member}`
    }
    return `{${text}}`
  }

  #fieldsOf(type: Type): readonly WrittenField[] {
    const known = this.#fields.get(type)
    if (known !== undefined) return known
    const fields = type.fieldsArray.map((field) => (field.type === 'bytes' ? this.#bytes(field) : this.#plain(field)))
    this.#fields.set(type, fields)
    return fields
  }

  #plain(field: Field): WrittenField {
    const label = `"${field.name}":`
    const value = this.#valueWriter(field)
    const write: WriteValue = field.repeated
      ? (list) => `${label}[${Array.isArray(list) ? list.map(value).join(',') : ''}]`
      : (single) => label + value(single)
    return { name: field.name, absent: isLeftOut(field) ? '' : label + defaultText(field), write }
  }

  #bytes(field: Field): WrittenField {
    const asked = this.#forms(field.name)
    const labels: Readonly<Record<BytesForm, string>> = {
      base64: asked === 'base64' ? `"${field.name}":` : `"${field.name}_base64":`,
      text: asked === 'text' ? `"${field.name}":` : `"${field.name}_text":`,
      json: `"${field.name}":`,
    }
    const writeOne: WriteValue = (value) => {
      const bytes = toBuffer(value)
      const form = formOf(bytes, asked)
      return labels[form] + bytesText(bytes, form)
    }
    const writeList: WriteValue = (value) => {
      const list = (Array.isArray(value) ? value : []).map(toBuffer)
      const form = list.map((each) => formOf(each, asked)).reduce(weaker, asked)
      return `${labels[form]}[${list.map((each) => bytesText(each, form)).join(',')}]`
    }
    const absent = field.repeated ? `"${field.name}":[]` : `"${field.name}":""`
    // Only base64 has to be what the mapping says; the other forms tell what is not set from what is empty.
    const leftOut = isLeftOut(field) || (asked !== 'base64' && !field.repeated)
    return { name: field.name, absent: leftOut ? '' : absent, write: field.repeated ? writeList : writeOne }
  }

  #valueWriter(field: Field): WriteValue {
    const { resolvedType, type } = field
    if (resolvedType instanceof protobuf.Type) {
      return (value) => this.#message(this.#fieldsOf(resolvedType), typeof value === 'object' ? (value ?? {}) : {})
    }
    if (resolvedType instanceof protobuf.Enum) {
      return (value) => JSON.stringify(resolvedType.valuesById[Number(value)] ?? value)
    }
    if (isLong(field)) return (value) => `"${longText(value)}"`
    if (type === 'float' || type === 'double') {
      return (value) => (Number.isFinite(value) ? floatText(Number(value)) : `"${String(value)}"`)
    }
    return (value) => JSON.stringify(value)
  }
}

/** Whether nothing stands for the field where it is not set: it is one of several, `optional`, or a message. */
function isLeftOut(field: Field): boolean {
  return field.partOf !== null || (field.resolvedType instanceof protobuf.Type && !field.repeated)
}

function defaultText(field: Field): string {
  if (field.repeated) return '[]'
  if (field.resolvedType instanceof protobuf.Enum) return JSON.stringify(field.resolvedType.valuesById[0] ?? 0)
  if (isLong(field)) return '"0"'
  if (field.type === 'string') return '""'
  return field.type === 'bool' ? 'false' : '0'
}

const floatText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

// Halves up to this one make an integer that a number holds exactly, and its text costs a fraction of a bigint's.
const largestSafeHigh = 2 ** 20

function longText(value: unknown): string {
  if (!isHalves(value)) return String(value)
  const { high, low } = value
  if (high >= 0 && high <= largestSafeHigh) return String(high * 2 ** 32 + (low >>> 0))
  return String(toBigInt(value))
}

function toBuffer(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0)
}

/** The form that bytes can have: the one that was asked for, else text, else base64. */
function formOf(bytes: Buffer, asked: BytesForm): BytesForm {
  if (asked === 'base64' || !isUtf8(bytes)) return 'base64'
  return asked === 'json' && !isJson(bytes) ? 'text' : asked
}

const strength: Readonly<Record<BytesForm, number>> = { base64: 0, text: 1, json: 2 }

const weaker = (a: BytesForm, b: BytesForm): BytesForm => (strength[a] < strength[b] ? a : b)

/** How JSON ends that begins with a character; numbers and words are left to the parser. */
const ends: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"' }
const wordOrNumber = /^[-0-9tfn]/

function isJson(bytes: Buffer): boolean {
  const text = bytes.toString()
  // Most of what is no JSON is told apart without the exception, which costs more than the parsing.
  const trimmed = text.trim()
  const [first = ''] = trimmed
  if (ends[first] === undefined ? !wordOrNumber.test(trimmed) : !trimmed.endsWith(ends[first])) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function bytesText(bytes: Buffer, form: BytesForm): string {
  if (form === 'base64') return `"${bytes.toString('base64')}"`
  return form === 'text' ? JSON.stringify(bytes.toString()) : bytes.toString()
}
