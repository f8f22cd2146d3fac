import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encoded } from '../src/answer.ts'
import { entry, type Handlers, held, type LogAnswer, nothing, read, settle, start } from './support/commands.ts'
import { request, response } from './support/proto.ts'
import { limits, startScheme } from './support/scheme.ts'

describe('encoded answers', () => {
  const body = (text: string, headroom: number) => {
    const message = Buffer.from(new Uint8Array([0x0a, text.length + 2, 0x12, text.length, ...Buffer.from(text)]))
    const memory = Buffer.concat([Buffer.alloc(headroom), message])
    return { chunks: [memory.subarray(headroom)], byteLength: message.length, headroom }
  }
  const big = (bytes: number, headroom: number) => {
    const value = Buffer.alloc(bytes, 'x')
    const fieldHead = (tag: number, length: number) =>
      Buffer.from([tag, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14])
    const message = Buffer.concat([fieldHead(0x0a, bytes + 4), fieldHead(0x12, bytes), value])
    const memory = Buffer.concat([Buffer.alloc(headroom), message])
    return { chunks: [memory.subarray(headroom)], byteLength: message.length, headroom }
  }

  for (const [what, make] of [
    ['small', () => body('hello', 0)],
    ['large in its headroom', () => big(60_000, 48)],
    ['large without headroom', () => big(60_000, 0)],
  ] as const) {
    it(`equal messages to the byte: ${what}`, async () => {
      let released = 0
      const answer = make()
      const { socket } = start({
        cmd_read: () => encoded('read_resp', { ...answer, release: () => released++ }),
      }).connect()
      socket.reads = false
      socket.receive(read(300))
      await settle()
      const decoded = response(socket.sent[0]?.data ?? Buffer.alloc(0))
      assert.equal(decoded.sequence, '300')
      const plain = response(
        Buffer.concat([Buffer.from([0x08, 0xac, 0x02]), frameOf(answer.chunks[0] ?? Buffer.alloc(0))]),
      )
      assert.deepEqual(decoded, plain)
      assert.equal(released, 0, "the bytes are the socket's until it has taken them")
      socket.take(0)
      assert.equal(released, 1)
    })
  }

  it('are released when one before them cannot be sent', async () => {
    const released: bigint[] = []
    const first = Promise.withResolvers<void>()
    const { socket } = start({
      cmd_read: async ({ offset }) => {
        if (offset === 1n) await first.promise
        return encoded('read_resp', { ...body('x', 0), release: () => released.push(offset) })
      },
    }).connect()
    for (const offset of [1, 2, 3]) socket.receive(read(offset, { offset }))
    await settle()
    socket.send = () => {
      throw new RangeError('a text longer than there may be')
    }
    first.resolve()
    await settle()
    assert.equal(socket.closed?.code, 1011)
    assert.deepEqual(released, [2n, 3n], 'that of the one that was given to the socket is the socket’s')
  })

  it('are released when the client leaves before they go out', async () => {
    let released = 0
    const { calls, handlers } = held()
    const { socket } = start(handlers).connect()
    socket.receive(read(1, { offset: 1 }))
    socket.receive(read(2, { offset: 2 }))
    await settle()
    calls[1]?.answer(encoded('read_resp', { ...body('x', 0), release: () => released++ }))
    await settle()
    assert.equal(released, 0)
    socket.leave()
    assert.equal(released, 1)
    calls[0]?.answer(encoded('read_resp', { ...body('x', 0), release: () => released++ }))
    await settle()
    assert.equal(released, 2)
    assert.equal(calls[0]?.call.signal.aborted, true)
  })
})

/** Field 33 around an encoded ReadResp. */
function frameOf(message: Buffer): Buffer {
  const length = message.length
  const varint =
    length < 128
      ? [length]
      : [(length & 0x7f) | 0x80, ...(length < 16384 ? [length >> 7] : [((length >> 7) & 0x7f) | 0x80, length >> 14])]
  return Buffer.concat([Buffer.from([0x8a, 0x02, ...varint]), message])
}

describe('flow control', () => {
  it('starts no command while the client leaves its answers unread, and stops reading it', async () => {
    const value = Buffer.alloc(limits.outputQueueBytes)
    let started = 0
    const { socket } = start({
      cmd_read: () => {
        started++
        return { read_resp: { entries: [{ offset: 0n, value }] } }
      },
    }).connect()
    socket.reads = false
    socket.receive(read(1))
    await settle()
    assert.equal(socket.paused, true)
    socket.receive(read(2))
    await settle()
    assert.equal(started, 1)
    socket.take(0)
    await settle()
    assert.equal(started, 2)
  })

  it('grants less to each further command, down to the least', async () => {
    const grants: number[] = []
    const { handlers } = held()
    const cmd_read: Handlers['cmd_read'] = (message, call) => {
      grants.push(call.reserve(150_000))
      return handlers.cmd_read?.(message, call) ?? nothing()
    }
    const { socket } = start({ cmd_read }).connect()
    for (const offset of [1, 2, 3]) socket.receive(read(offset, { offset }))
    await settle()
    assert.deepEqual(grants, [150_000, 65_536, 65_536])
  })

  it('drains: answers what is at work, drops what waits, then says so', async () => {
    const { calls, handlers, answer } = held()
    const { socket, session } = start(handlers).connect()
    for (let offset = 1; offset <= limits.commandsInFlight + 1; offset++) socket.receive(read(offset, { offset }))
    await settle()
    let drained = false
    session.drain(() => {
      drained = true
    })
    for (let offset = 1; offset <= limits.commandsInFlight; offset++) {
      assert.equal(drained, false)
      await answer(BigInt(offset))
    }
    assert.equal(drained, true)
    assert.equal(calls.length, limits.commandsInFlight)
    assert.equal(socket.sent.length, limits.commandsInFlight)
  })

  it('pushes what no command asked for, and tells when the queue is full', async () => {
    let push: ((answer: LogAnswer) => boolean) | undefined
    const { connect } = startScheme(() => ({
      session: (port) => {
        push = (answer) => port.push(answer)
        return { commands: { cmd_read: nothing, cmd_follow: nothing } }
      },
    }))
    const { socket } = connect()
    socket.receive(read(1))
    await settle()
    socket.reads = false
    assert.equal(push?.(entry(7n)), true)
    assert.deepEqual(response(socket.sent[1]?.data ?? Buffer.alloc(0)), {
      read_resp: { entries: [{ offset: '7', value: 'v' }] },
    })
    assert.equal(
      push?.({ read_resp: { entries: [{ offset: 1n, value: Buffer.alloc(limits.outputQueueBytes) }] } }),
      false,
    )
  })
})

describe('a hostile client', () => {
  it('that queues thousands of commands behind a slow one gets every answer, and no deeper stack', async () => {
    const { handlers, answer } = held()
    const { socket } = start(handlers).connect()
    for (let offset = 1; offset <= limits.commandsInFlight; offset++) socket.receive(read(offset, { offset }))
    await settle()
    const ping = request({ sequence: 100, cmd_ping: {} })
    for (let n = 0; n < 20_000; n++) socket.receive(ping)
    for (let offset = 1; offset <= limits.commandsInFlight; offset++) await answer(BigInt(offset))
    assert.equal(socket.sent.length, limits.commandsInFlight + 20_000)
    assert.equal(socket.paused, false)
  })

  it('that has a command answered with what cannot be encoded is closed alone', async () => {
    const broken = encoded('read_resp', { chunks: [Buffer.from([0xff])], byteLength: 1, release: () => {} })
    const { connect, log } = start({ cmd_read: () => Promise.resolve(broken) })
    const { socket } = connect()
    socket.receive('{"cmd_read":{}}')
    await settle()
    assert.deepEqual(socket.closed, { code: 1011, reason: 'internal error: the log of the gateway says why' })
    assert.deepEqual(log.lines, [{ level: 'error', message: 'a session failed' }])
  })
})

describe('a careless scheme', () => {
  it('that reserves room after its answer takes none', async () => {
    const { calls, handlers, answer } = held()
    const { socket, session } = start(handlers).connect()
    socket.receive(read(1, { offset: 1 }))
    await settle()
    await answer(1n)
    assert.equal(calls[0]?.call.reserve(1000), 1000)
    let drained = false
    session.drain(() => {
      drained = true
    })
    assert.equal(drained, true)
  })
})
