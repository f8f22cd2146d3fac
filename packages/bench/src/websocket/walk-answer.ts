/** What an answer says, as far as a benchmark looks at it. */
export interface WalkedAnswer {
  /** Of the field in `oneof resp`: 32 pong, 33 fetch, 34 list offset. */
  readonly field: number
  /** Length of the whole answer. */
  readonly bytes: number
  /** Of the answer to a list offset; -1 in others. */
  readonly offset: number
  /** Messages in the answer to a fetch. */
  readonly recordCount: number
  /** Of the last message; -1 when there is none. */
  readonly lastOffset: number
}

/** Told where each message of an answer ends, which is where its value ends. */
export type OnMessage = (answer: Buffer, end: number) => void

const SEQUENCE = (1 << 3) | 0
const MESSAGES = (1 << 3) | 2
const OFFSET = (1 << 3) | 0
const ERROR_TEXT = (2 << 3) | 2
const ERROR = 31
const FETCH = 33
const LIST_OFFSET = 34

/**
 * Walks a `PubSubResp`: counts its messages and reads the offset of the last, from which the next fetch follows. Values stay
 * where they are.
 *
 * @throws {Error} with the text of an ErrorResp, or when the bytes are no answer
 */
export function walkAnswer(answer: Buffer, onMessage?: OnMessage): WalkedAnswer {
  let tag = readVarint(answer, 0)
  if (tag === SEQUENCE) {
    readVarint(answer, cursor)
    tag = readVarint(answer, cursor)
  }
  const field = Math.floor(tag / 8)
  const length = readVarint(answer, cursor)
  const start = cursor
  if (start + length !== answer.length)
    throw new Error(`field ${field} of an answer does not end where the answer ends`)
  if (field === ERROR) throw new Error(`the gateway answered: ${errorText(answer, start)}`)
  if (field !== FETCH) {
    return { field, bytes: answer.length, offset: listedOffset(answer, field, start), recordCount: 0, lastOffset: -1 }
  }
  return { field, bytes: answer.length, offset: -1, ...walkMessages(answer, start, onMessage) }
}

/** Offset 0 is left out, as proto3 does with zeros. */
function listedOffset(bytes: Buffer, field: number, start: number): number {
  if (field !== LIST_OFFSET) return -1
  return start < bytes.length && readVarint(bytes, start) === OFFSET ? readVarint(bytes, cursor) : 0
}

function walkMessages(
  bytes: Buffer,
  start: number,
  onMessage: OnMessage | undefined,
): Pick<WalkedAnswer, 'recordCount' | 'lastOffset'> {
  let at = start
  let recordCount = 0
  let last = -1
  while (at < bytes.length) {
    if (readVarint(bytes, at) !== MESSAGES) throw new Error('an answer holds something else than messages')
    const length = readVarint(bytes, cursor)
    last = cursor
    at = last + length
    onMessage?.(bytes, at)
    recordCount++
  }
  if (at !== bytes.length) throw new Error('a message does not end inside the answer')
  if (last === -1) return { recordCount, lastOffset: -1 }
  // Offset 0 is left out, as proto3 does with zeros.
  return { recordCount, lastOffset: readVarint(bytes, last) === OFFSET ? readVarint(bytes, cursor) : 0 }
}

function errorText(bytes: Buffer, start: number): string {
  let at = start
  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    const value = readVarint(bytes, cursor)
    if (tag === ERROR_TEXT) return bytes.toString('utf8', cursor, cursor + value)
    at = cursor
  }
  return 'an error without text'
}

/** Where the varint read last ends: a variable of the module, for an object for each would cost more than the walk. */
let cursor = 0

/** An unsigned varint, exact up to 2^53. */
function readVarint(bytes: Buffer, start: number): number {
  let at = start
  let byte = bytes[at++] ?? 0
  let value = byte & 0x7f
  for (let scale = 0x80; byte > 0x7f; scale *= 0x80) {
    byte = bytes[at++] ?? 0
    value += (byte & 0x7f) * scale
  }
  cursor = at
  return value
}
