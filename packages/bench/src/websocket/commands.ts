// Tags of PubSubReq and its commands: number << 3 | wire type (0 varint, 2 length-delimited).
const SEQUENCE = (1 << 3) | 0
const PING = (32 << 3) | 2
const FETCH = (33 << 3) | 2
const LIST_OFFSET = (34 << 3) | 2
const STATE = (1 << 3) | 2
const TOPIC = (1 << 3) | 2
const OFFSET = (3 << 3) | 0
const TIMESTAMP = (3 << 3) | 0
const MAX_BYTES = (1000 << 3) | 0

// -1, the end of the log, as a varint of 64 bits.
const LATEST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]

/** `CmdKafkaFetch` of partition 0. */
export function fetchCommand(sequence: number, topic: string, offset: number, maxBytes: number): Buffer {
  const command = [
    ...text(TOPIC, topic),
    ...varint(OFFSET),
    ...varint(offset),
    ...varint(MAX_BYTES),
    ...varint(maxBytes),
  ]
  return request(sequence, FETCH, command)
}

/** `CmdKafkaListOffset` of partition 0, for the end of the log. */
export function listOffsetCommand(sequence: number, topic: string): Buffer {
  return request(sequence, LIST_OFFSET, [...text(TOPIC, topic), ...varint(TIMESTAMP), ...LATEST])
}

/** `CmdPing`. */
export function pingCommand(sequence: number): Buffer {
  return request(sequence, PING, text(STATE, 'ping'))
}

function request(sequence: number, tag: number, command: readonly number[]): Buffer {
  return Buffer.from([...varint(SEQUENCE), ...varint(sequence), ...varint(tag), ...varint(command.length), ...command])
}

function text(tag: number, value: string): number[] {
  const bytes = Buffer.from(value)
  return [...varint(tag), ...varint(bytes.length), ...bytes]
}

/** An unsigned varint, exact up to 2^53. */
export function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  while (left > 0x7f) {
    bytes.push((left % 0x80) | 0x80)
    left = Math.floor(left / 0x80)
  }
  return [...bytes, left]
}
