import { encodeRequest } from '@sluice/harness'
import { clientFrame, closePayload, fragmented, opcode } from './client-frame.ts'
import type { Random } from './random.ts'

/** What a client sends, and what RFC 6455 has the server do. */
export interface Sequence {
  readonly name: string
  readonly bytes: Buffer
  readonly outcome: Outcome
}

export type Outcome =
  /** So many messages come back, and pongs with these payloads in this order. */
  | { readonly kind: 'served'; readonly messages: number; readonly pongs: readonly Buffer[] }
  /** The server closes with one of these codes; 1005 is a close frame without a code. */
  | { readonly kind: 'closed'; readonly codes: readonly number[] }
  /** Nobody can say: the server may serve it or close it, with a code that may be sent. */
  | { readonly kind: 'any' }

/** What the listener holds clients to, by default. */
const productionLimits = { messageBytes: 65_536, fragments: 1024 } as const

const ping = (random: Random): Uint8Array => encodeRequest({ cmd_ping: { state: random.bytes(random.below(40)) } })

const jsonPing = (random: Random): Buffer => {
  const state = random.bytes(random.below(40)).toString('base64')
  // Spaces are JSON; a name of several bytes for each letter makes fragments that cut a letter.
  return Buffer.from(random.chance(0.5) ? `{"cmd_ping":{"state":"${state}"}}` : `{"größe €😀": "${state}"}`)
}

type Maker = (random: Random) => Sequence

const served = (name: string, bytes: readonly Buffer[], messages: number, pongs: readonly Buffer[] = []): Sequence => ({
  name,
  bytes: Buffer.concat(bytes),
  outcome: { kind: 'served', messages, pongs },
})

const closed = (name: string, bytes: Buffer | readonly Buffer[], ...codes: readonly number[]): Sequence => ({
  name,
  bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes),
  outcome: { kind: 'closed', codes },
})

const mostFragments = fragmented(opcode.binary, Buffer.alloc(productionLimits.fragments), 1)

const valid: readonly [Maker, ...Maker[]] = [
  (random) => served('a command', [clientFrame(opcode.binary, ping(random))], 1),
  (random) => served('a command in JSON', [clientFrame(opcode.text, jsonPing(random))], 1),
  (random) => served('any bytes', [clientFrame(opcode.binary, random.bytes(random.below(200)))], 1),
  () => served('an empty message', [clientFrame(opcode.binary, Buffer.alloc(0))], 1),
  (random) => served('a pong nobody asked for', [clientFrame(opcode.pong, random.bytes(random.below(126)))], 0),
  (random) => {
    const payload = random.bytes(random.below(126))
    return served('a ping', [clientFrame(opcode.ping, payload)], 0, [payload])
  },
  (random) => {
    const pongs: Buffer[] = []
    const between = (): Buffer[] => {
      if (!random.chance(0.5)) return []
      const payload = random.bytes(random.below(20))
      pongs.push(payload)
      return [clientFrame(opcode.ping, payload)]
    }
    const frames = random.chance(0.5)
      ? fragmented(opcode.text, jsonPing(random), 1 + random.below(5), between)
      : fragmented(opcode.binary, ping(random), 1 + random.below(5), between)
    return served('fragments with pings between', frames, 1, pongs)
  },
  (random) => {
    // An empty last fragment, and empty ones in the middle.
    const frames = [
      clientFrame(opcode.binary, ping(random), { fin: false }),
      ...Array.from({ length: random.below(5) }, () =>
        clientFrame(opcode.continuation, Buffer.alloc(0), { fin: false }),
      ),
      clientFrame(opcode.continuation, Buffer.alloc(0)),
    ]
    return served('empty fragments', frames, 1)
  },
  (random) => (random.chance(0.1) ? served('as many fragments as may be', mostFragments, 1) : served('nothing', [], 0)),
]

const badUtf8: readonly [Buffer, ...Buffer[]] = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0x7b, 0xe2, 0x82]),
  Buffer.from([0xce, 0xba, 0x80]),
]

const largeFrame = clientFrame(opcode.binary, Buffer.alloc(16 * productionLimits.messageBytes))

const largeFragments = Buffer.concat(
  fragmented(opcode.text, Buffer.alloc(productionLimits.messageBytes + 1, 0x61), 16_384),
)

const manyFragments = Buffer.concat(fragmented(opcode.binary, Buffer.alloc(productionLimits.fragments + 1), 1))

const anyFrame = (random: Random): number => random.pick([opcode.text, opcode.binary])

const violations: readonly [Maker, ...Maker[]] = [
  (random) =>
    closed('reserved bits', clientFrame(anyFrame(random), ping(random), { reserved: 1 + random.below(7) }), 1002),
  (random) => {
    const reserved = random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    return closed('a reserved opcode', clientFrame(reserved, random.bytes(random.below(20))), 1002)
  },
  (random) => closed('an unmasked frame', clientFrame(anyFrame(random), ping(random), { masked: false }), 1002),
  (random) => {
    const code = random.pick([opcode.ping, opcode.pong, opcode.close])
    return closed('a long control frame', clientFrame(code, random.bytes(126 + random.below(200))), 1002)
  },
  (random) => {
    const code = random.pick([opcode.ping, opcode.pong, opcode.close])
    return closed(
      'a control frame in fragments',
      clientFrame(code, random.bytes(random.below(20)), { fin: false }),
      1002,
    )
  },
  (random) => {
    const options = { fin: random.chance(0.5) }
    return closed('a continuation of nothing', clientFrame(opcode.continuation, ping(random), options), 1002)
  },
  (random) =>
    closed(
      'a message inside another',
      [
        clientFrame(anyFrame(random), Buffer.from('{'), { fin: false }),
        clientFrame(anyFrame(random), Buffer.from('}'), { fin: random.chance(0.5) }),
      ],
      1002,
    ),
  () => closed('half a close code', clientFrame(opcode.close, Buffer.from([3])), 1002),
  (random) => {
    const code = random.pick([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
    return closed(`close code ${code}`, clientFrame(opcode.close, closePayload(code)), 1002)
  },
  (random) =>
    closed(
      'a close reason that is not UTF-8',
      clientFrame(opcode.close, closePayload(1000, random.pick(badUtf8))),
      1007,
    ),
  (random) => closed('text that is not UTF-8', clientFrame(opcode.text, random.pick(badUtf8)), 1007),
  (random) =>
    closed(
      'fragments of text that is not UTF-8',
      fragmented(opcode.text, Buffer.concat([jsonPing(random), random.pick(badUtf8)]), 1 + random.below(7)),
      1007,
    ),
  (random) => {
    const claimedLength = random.pick([65_537n, 1n << 31n, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, 1n << 63n, -1n])
    return closed('a length too large', clientFrame(anyFrame(random), ping(random), { claimedLength }), 1009)
  },
  // What the client goes on sending must not cost it the close frame: a connection cut while bytes wait is reset.
  () => closed('a frame too large', largeFrame, 1009),
  () => closed('fragments too large together', largeFragments, 1009),
  () => closed('too many fragments', manyFragments, 1008),
]

const closes: readonly [Maker, ...Maker[]] = [
  () => closed('a close without a code', clientFrame(opcode.close, Buffer.alloc(0)), 1005),
  (random) => {
    const code = random.pick([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
    const reason = Buffer.from('ä'.repeat(random.below(61)))
    return closed('a close', clientFrame(opcode.close, closePayload(code, reason)), code)
  },
]

const anything: readonly [Maker, ...Maker[]] = [
  (random) => ({ name: 'random bytes', bytes: random.bytes(1 + random.below(300)), outcome: { kind: 'any' } }),
  (random) => {
    const bytes = Buffer.concat([...Array(1 + random.below(4))].map(() => random.pick(valid)(random).bytes))
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    }
    return { name: 'flipped bits', bytes, outcome: { kind: 'any' } }
  },
  (random) => {
    // RFC 6455 wants the shortest form; who takes a longer one harms nobody.
    const bytes = Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]), random.bytes(2)])
    return { name: 'a length in too many bytes', bytes, outcome: { kind: 'any' } }
  },
]

/** A sequence after which the connection is still good. */
export function validSequence(random: Random): Sequence {
  return random.pick(valid)(random)
}

/** A sequence after which the connection has ended. */
export function lastSequence(random: Random): Sequence {
  const kind = random.below(10)
  if (kind < 5) return random.pick(violations)(random)
  if (kind < 6) return random.pick(closes)(random)
  if (kind < 8) return random.pick(anything)(random)
  const whole = random.pick(random.chance(0.5) ? valid : violations)(random)
  const bytes = whole.bytes.subarray(0, 1 + random.below(whole.bytes.length))
  return { name: `the beginning of ${whole.name}`, bytes, outcome: { kind: 'any' } }
}
