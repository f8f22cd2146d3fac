// Tags of PubSubReq and its commands: number << 3 | wire type (0 varint, 2 length-delimited).
const SEQUENCE = (1 << 3) | 0
const PING = (32 << 3) | 2
const FETCH = (33 << 3) | 2
const LIST_OFFSET = (34 << 3) | 2
const STATE = (1 << 3) | 2
const TOPIC = (1 << 3) | 2
const PARTITION = (2 << 3) | 0
const OFFSET = (3 << 3) | 0
const TIMESTAMP = (3 << 3) | 0
const MAX_BYTES = (1000 << 3) | 0
const MAX_WAIT_MS = (1001 << 3) | 0

// All bytes but the first of a small negative number as a varint of 64 bits.
const NEGATIVE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]

/** What a fetch may have besides. */
export interface FetchExtras {
  /** 0 by default. */
  readonly partition?: number
  /** How long to wait at the end of the log; 0, not at all, by default. */
  readonly maxWaitMs?: number
}

/** `CmdKafkaFetch`. */
export function fetchCommand(
  sequence: number,
  topic: string,
  offset: number,
  maxBytes: number,
  { partition = 0, maxWaitMs = 0 }: FetchExtras = {},
): Buffer {
  const command = [
    ...text(TOPIC, topic),
    ...(partition === 0 ? [] : [...varint(PARTITION), ...varint(partition)]),
    ...varint(OFFSET),
    ...varint(offset),
    ...varint(MAX_BYTES),
    ...varint(maxBytes),
    ...(maxWaitMs === 0 ? [] : [...varint(MAX_WAIT_MS), ...varint(maxWaitMs)]),
  ]
  return request(sequence, FETCH, command)
}

/**
 * `CmdKafkaListOffset` of partition 0.
 *
 * @param timestamp -1 for the end of the log, -2 for its start
 */
export function listOffsetCommand(sequence: number, topic: string, timestamp: -1 | -2 = -1): Buffer {
  return request(sequence, LIST_OFFSET, [...text(TOPIC, topic), ...varint(TIMESTAMP), 0x100 + timestamp, ...NEGATIVE])
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
