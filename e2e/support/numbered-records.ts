import assert from 'node:assert/strict'
import type { Compression, Producer, ReadMessage } from '@sluice/harness'

/** The value of the n-th record: its length and every byte follow from n, so whatever is wrong with it shows. */
function numberedValue(n: number): Buffer {
  return Buffer.alloc(16 + ((n * 7919) % 481), `${n};`)
}

/** Writes the records `from` to `to` (without it) in one batch, in partition 0. */
export async function writeNumbered(
  producer: Producer,
  topic: string,
  from: number,
  to: number,
  compression: Compression = 'none',
): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => ({
    key: String(from + index),
    value: numberedValue(from + index),
    partition: 0,
  }))
  await producer.send(topic, records, { compression })
}

/** Checks that messages are the records from `next` on, byte for byte, none left out and none twice. */
export function assertNumbered(messages: readonly ReadMessage[], next: number): void {
  for (const [index, { offset, key, value }] of messages.entries()) {
    const n = next + index
    assert.equal(offset, BigInt(n), `record ${n} is the next`)
    assert.equal(Buffer.from(key).toString(), String(n), `key of record ${n}`)
    assert.ok(numberedValue(n).equals(value), `value of record ${n}: ${Buffer.from(value).toString('latin1')}`)
  }
}
