import { encodeRequest, type PubSubRequest } from '@sluice/harness'
import type { Random } from './random.ts'

/** A message of a client, and the sequence that its answer has to have where it is a right one. */
export interface FuzzFrame {
  readonly data: Uint8Array | string
  readonly sequence?: bigint
}

const names: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'sequence',
  'cmd_ping',
  'cmdPing',
  'cmd_kafka_fetch',
  'cmd_kafka_list_offset',
  'topic',
  'partition',
  'offset',
  'max_bytes',
  'state',
]

const leaves: readonly [string, ...string[]] = [
  'null',
  'true',
  '""',
  '0',
  '-0',
  '1e400',
  '9007199254740993',
  '"9223372036854775808"',
  '"\\ud800"',
  '"AA=="',
  '{}',
  '[]',
]

/** JSON whose names mean something to JavaScript or to us, written by hand so that `__proto__` stays a name. */
function json(random: Random, depth: number): string {
  if (depth === 0 || random.chance(0.2)) return random.pick(leaves)
  const entries = Array.from(
    { length: 1 + random.below(3) },
    () => `"${random.pick(names)}":${json(random, depth - 1)}`,
  )
  return random.chance(0.1) ? `[${json(random, depth - 1)}]` : `{${entries.join()}}`
}

function command(random: Random, topic: string): PubSubRequest {
  const fetch = { topic, partition: 0, offset: BigInt(random.below(25)), max_bytes: random.below(2000) }
  switch (random.below(8)) {
    case 0:
      return { cmd_kafka_fetch: fetch }
    case 1:
      return {
        cmd_kafka_fetch: { topic, partition: random.below(3) - 1, offset: random.pick([0n, -1n, -(2n ** 63n)]) },
      }
    case 2:
      return { cmd_kafka_list_offset: { topic, partition: 0, timestamp: random.pick([-1n, -2n, 0n, 2n ** 62n]) } }
    case 3:
      return { cmd_empty: {} }
    case 4:
      return {}
    default:
      return { cmd_ping: { state: random.bytes(random.below(60)) } }
  }
}

function changed(random: Random, frame: Uint8Array): Buffer {
  let data = Buffer.from(frame)
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = data.length === 0 ? 0 : random.below(data.length)
    const kind = random.below(4)
    if (kind === 0) data = data.subarray(0, at)
    else if (kind === 1)
      data = Buffer.concat([data.subarray(0, at), random.bytes(1 + random.below(4)), data.subarray(at)])
    else if (kind === 2) data = Buffer.concat([data, data])
    else if (data.length > 0) data[at] = random.below(256)
  }
  return data
}

/** One message to a Kafka route: right, nearly right, or anything at all. `sequence` is that of a right one. */
export function pubSubFrame(random: Random, topic: string, sequence: bigint): FuzzFrame {
  const kind = random.below(10)
  if (kind < 4) return { data: encodeRequest({ sequence, ...command(random, topic) }), sequence }
  if (kind < 7) return { data: changed(random, encodeRequest({ sequence, ...command(random, topic) })) }
  if (kind < 8) return { data: random.bytes(random.below(100)) }
  const text = json(random, 4)
  return { data: random.chance(0.3) ? text.slice(0, random.below(text.length + 1)) : text }
}
