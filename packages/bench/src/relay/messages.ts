import { HEADER_BYTES } from '../kafka/encode-batch.ts'
import { varint } from '../websocket/commands.ts'

/** What the relay needs of a CmdKafkaFetch. */
export interface FetchNumbers {
  readonly sequence: number
  readonly offset: number
  readonly maxBytes: number
}

// The tags that the load generator writes, in its order; a relay that takes apart anything else would be a gateway.
const COMMAND_TAG_BYTES = 2
const OFFSET = (1 << 3) | 0
const VALUE = (4 << 3) | 2
const MESSAGES = (1 << 3) | 2
const SEQUENCE = (1 << 3) | 0
const FETCH_RESP = [0x8a, 0x02]

/** Reads the numbers of a command as `fetchCommand` writes it, and checks nothing. */
export function readFetchCommand(frame: Buffer): FetchNumbers {
  const sequence = readVarint(frame, 1)
  const length = readVarint(frame, sequence.end + COMMAND_TAG_BYTES)
  const topicLength = readVarint(frame, length.end + 1)
  const offset = readVarint(frame, topicLength.end + topicLength.value + 1)
  const maxBytes = readVarint(frame, offset.end + 2)
  return { sequence: sequence.value, offset: offset.value, maxBytes: maxBytes.value }
}

/**
 * The first record of a batch of one as a KafkaFetchResp, without timestamp, key or a look at the checksum.
 *
 * @param records a record batch without compression, whose record has no key
 */
export function answerWithRecord(sequence: number, offset: number, records: Buffer): Buffer {
  // Between them attributes, timestamp delta, offset delta and key length, of one byte each in such a record.
  const recordLength = readVarint(records, HEADER_BYTES)
  const valueLength = readVarint(records, recordLength.end + 4)
  const value = records.subarray(valueLength.end, valueLength.end + valueLength.value / 2)
  return recordAnswer(sequence, offset, value)
}

/** A `PubSubResp` with one message, as the gateway makes it. */
export function recordAnswer(sequence: number, offset: number, value: Uint8Array): Buffer {
  const message = [...number(OFFSET, offset), VALUE, ...varint(value.length)]
  const messageLength = varint(message.length + value.length)
  const body = 1 + messageLength.length + message.length + value.length
  const head = [...number(SEQUENCE, sequence), ...FETCH_RESP, ...varint(body), MESSAGES, ...messageLength, ...message]
  return Buffer.concat([Buffer.from(head), value], head.length + value.length)
}

function number(tag: number, value: number): number[] {
  return [tag, ...varint(value)]
}

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0
  let end = start
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[end++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte <= 0x7f) return { value, end }
  }
}
