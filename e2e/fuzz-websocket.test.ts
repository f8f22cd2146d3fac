import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectPubSub, count, type TestGateway } from '@sluice/harness'
import { closed } from './support/closed.ts'
import { opcode } from './support/fuzz/client-frame.ts'
import { lastSequence, type Outcome, type Sequence, validSequence } from './support/fuzz/frame-sequences.ts'
import { startWatchedGateway, watchLeaks } from './support/fuzz/leaks.ts'
import { fuzzSeed, inParallel, type Random, seeded } from './support/fuzz/random.ts'
import { openRaw, openTcp, type RawSocket } from './support/fuzz/raw-socket.ts'
import { strangeHead } from './support/fuzz/upgrade-heads.ts'
import { kafkaRoute, putRoute } from './support/routes.ts'

const clients = 32
const sequencesEach = 4

/** Codes that a close frame may hold (RFC 6455, section 7.4.1); 1005 stands for one without a code. */
const mayBeSent = (code: number): boolean =>
  code === 1005 || (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) || (code >= 3000 && code < 5000)

/** Whatever arrives on the listener's port, the gateway serves it or closes that one socket with the code that RFC 6455 names. */
describe('WebSocket frames of a client that means harm', () => {
  const seed = fuzzSeed()
  let gateway: TestGateway
  let url: string

  before(async () => {
    gateway = await startWatchedGateway()
    // Nobody listens there: what the frames hold is another test's.
    url = await putRoute(gateway, 'fuzz', kafkaRoute(['127.0.0.1:1'], { uri: '/fuzz', timeout: brief }))
  })
  after(() => gateway?.stop())

  it(`${count(20_000, 200_000)} sequences of frames`, async (test) => {
    test.diagnostic(`SLUICE_FUZZ_SEED=${seed}`)
    const connections = count(20_000, 200_000) / sequencesEach
    const leaks = await watchLeaks(gateway)
    const outcomes = { served: 0, closed: 0, any: 0 }
    const connection = (index: number) =>
      seeded(seed, index, async (random) => {
        const socket = await openRaw(url)
        for (let left = sequencesEach; left > 0; left--) {
          const sequence = left > 1 ? validSequence(random) : lastSequence(random)
          outcomes[sequence.outcome.kind]++
          await hold(socket, sequence, random).catch((cause: unknown) => {
            const reason = cause instanceof Error ? cause.message : String(cause)
            throw new Error(`${sequence.name} (${sequence.bytes.toString('hex').slice(0, 400)}): ${reason}`, { cause })
          })
        }
        socket.cut(random.chance(0.5) ? 'fin' : 'rst')
      })
    const good = await connectPubSub(url)
    await inParallel(connections / 4, clients, connection)
    await leaks.warm()
    await inParallel((connections / 4) * 3, clients, (index) => connection(index + connections / 4))
    assert.equal(Buffer.from(await good.ping(Buffer.from('still here'))).toString(), 'still here')
    await good.close()
    test.diagnostic(JSON.stringify(outcomes))
    assert.equal(outcomes.served + outcomes.closed + outcomes.any, count(20_000, 200_000))
    await leaks.check()
  })

  it(`${count(2000, 20_000)} heads of an upgrade`, async (test) => {
    test.diagnostic(`SLUICE_FUZZ_SEED=${seed}`)
    const heads = count(2000, 20_000)
    const leaks = await watchLeaks(gateway)
    const statuses = new Map<string, number>()
    const head = (index: number) =>
      seeded(seed, index, async (random) => {
        const status = await answerTo(url, strangeHead(random, '/fuzz'), random)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
    await inParallel(heads / 4, clients, head)
    await leaks.warm()
    await inParallel((heads / 4) * 3, clients, (index) => head(index + heads / 4))
    test.diagnostic(JSON.stringify(Object.fromEntries(statuses)))
    for (const status of statuses.keys()) assert.match(status, /^(101|4\d\d|505|none)$/)
    const good = await connectPubSub(url)
    assert.equal((await good.ping(Buffer.from('good'))).length, 4)
    await good.close()
    await leaks.check()
  })
})

const brief = { connect: 1, send: 1, read: 1 }

/** Sends a sequence, sometimes in pieces, and holds the server to its outcome. */
async function hold(socket: RawSocket, { bytes, outcome }: Sequence, random: Random): Promise<void> {
  const cut = random.chance(0.3) ? random.below(bytes.length + 1) : bytes.length
  socket.write(bytes.subarray(0, cut))
  if (cut < bytes.length) {
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(bytes.subarray(cut))
  }
  await expect(socket, outcome, random)
}

async function expect(socket: RawSocket, outcome: Outcome, random: Random): Promise<void> {
  if (outcome.kind === 'served') {
    const pongs: Buffer[] = []
    let messages = 0
    while (messages < outcome.messages || pongs.length < outcome.pongs.length) {
      const event = await socket.next()
      assert.ok(event.kind === 'frame', 'the connection has ended')
      if (event.code === opcode.pong) pongs.push(event.payload)
      else if (event.code === opcode.text || event.code === opcode.binary) messages++
      else assert.fail(`opcode ${event.code} ${event.payload.toString('hex')} came instead of an answer`)
    }
    assert.equal(messages, outcome.messages, 'each message is answered once')
    assert.deepEqual(pongs, outcome.pongs)
    return
  }
  if (outcome.kind === 'closed') {
    const event = await socket.next()
    assert.ok(event.kind === 'frame', 'the connection ended without a close frame')
    assert.equal(event.code, opcode.close, `opcode ${event.code} came instead of a close frame`)
    const code = codeOf(event.payload)
    assert.ok(outcome.codes.includes(code), `the server closed with ${code}, not ${outcome.codes.join(' or ')}`)
    assert.deepEqual(await socket.next(), { kind: 'end' })
    return
  }
  if (random.chance(0.3)) return
  const closes = (await socket.finish()).filter(({ code }) => code === opcode.close)
  assert.ok(closes.length <= 1, 'one close frame at most')
  for (const { payload } of closes) assert.ok(mayBeSent(codeOf(payload)), `close code ${codeOf(payload)} is sent`)
}

const codeOf = (payload: Buffer): number => (payload.length < 2 ? 1005 : payload.readUInt16BE(0))

/** The status that bytes are answered with, `none` where the server only ends the connection. */
async function answerTo(url: string, bytes: Buffer, random: Random): Promise<string> {
  const socket = await openTcp(url)
  let text = ''
  socket.on('data', (data) => {
    text += data.toString('latin1')
  })
  const gone = closed(socket)
  socket.write(bytes)
  if (random.chance(0.2)) socket.resetAndDestroy()
  else socket.end()
  await gone
  return /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 'none'
}
