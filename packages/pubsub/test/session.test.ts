import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError } from '@sluice/spi'
import { encoded } from '../src/answer.ts'
import type { Call } from '../src/call.ts'
import type { Answer, CommandHandlers, PubSubUpstream } from '../src/scheme-types.ts'
import { type LogProtocol, request, response } from './support/proto.ts'
import { limits, startScheme } from './support/scheme.ts'

type Handlers = CommandHandlers<LogProtocol>
type LogAnswer = Answer<LogProtocol>

const nothing = (): LogAnswer => ({ read_resp: { entries: [] } })
const entry = (offset: bigint): LogAnswer => ({ read_resp: { entries: [{ offset, value: Buffer.from('v') }] } })

const upstreamOf = (handlers: Partial<Handlers>): PubSubUpstream<LogProtocol> => ({
  session: () => ({ commands: { cmd_read: nothing, cmd_follow: nothing, ...handlers } }),
})

const start = (handlers: Partial<Handlers>, timeoutMs?: number) => startScheme(() => upstreamOf(handlers), timeoutMs)

const read = (sequence: number, fields: object = {}) => request({ sequence, cmd_read: { log: 'l', ...fields } })

/** Lets promises that are already settled run their callbacks, also those chained behind them. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Handlers that answer when the test says so. */
function held() {
  const calls: { readonly offset: bigint; readonly call: Call; readonly answer: (answer: LogAnswer) => void }[] = []
  const handlers: Partial<Handlers> = {
    cmd_read: ({ offset }, call) => {
      const { promise, resolve } = Promise.withResolvers<LogAnswer>()
      calls.push({ offset, call, answer: resolve })
      return promise
    },
  }
  const answer = async (offset: bigint): Promise<void> => {
    const found = calls.find((one) => one.offset === offset)
    assert.ok(found, `a command for offset ${offset} is at work`)
    found.answer(entry(offset))
    await settle()
  }
  return { calls, handlers, answer }
}

const sequences = (socket: { sent: readonly { data: Buffer }[] }) =>
  socket.sent.map(({ data }) => response(data).sequence)

describe('frames', () => {
  it('answers a ping with its state and sequence', () => {
    const { socket } = start({}).connect()
    socket.receive(request({ sequence: '9223372036854775807', cmd_ping: { state: Buffer.from('abc') } }))
    assert.deepEqual(
      socket.sent.map(({ data }) => response(data)),
      [{ sequence: '9223372036854775807', pong_resp: { state: 'abc' } }],
    )
  })

  const refusals: readonly [what: string, frame: Buffer, answer: object][] = [
    ['an undecodable frame', Buffer.from([0xff, 0xff, 0xff]), { error_resp: { code: 1, message: 'wrong command' } }],
    [
      'a field that ends early',
      Buffer.from([0x8a, 0x02, 0x05, 0x0a]),
      { error_resp: { code: 1, message: 'wrong command' } },
    ],
    ['a zero-byte frame', Buffer.alloc(0), { error_resp: { code: 2, message: 'empty command' } }],
    [
      'a frame with only a sequence',
      request({ sequence: 7 }),
      { sequence: '7', error_resp: { code: 2, message: 'empty command' } },
    ],
    [
      'a command no scheme has',
      request({ sequence: -3, cmd_empty: {} }),
      { sequence: '-3', error_resp: { code: 3, message: 'unknown command' } },
    ],
    [
      'a number in the place of a command',
      Buffer.from([0x08, 5, 0xba, 0x3e, 0]),
      { sequence: '5', error_resp: { code: 3, message: 'unknown command' } },
    ],
    [
      'an unknown field of the envelope',
      Buffer.from([0x08, 5, 0x50, 1]),
      { sequence: '5', error_resp: { code: 2, message: 'empty command' } },
    ],
  ]
  for (const [what, frame, answer] of refusals) {
    it(`answers ${what} and keeps the socket`, async () => {
      const { socket } = start({}).connect()
      socket.receive(frame)
      await settle()
      assert.deepEqual(
        socket.sent.map(({ data }) => response(data)),
        [answer],
      )
      assert.equal(socket.closed, undefined)
    })
  }

  it('takes the last of several commands in a frame', async () => {
    const { socket } = start({ cmd_read: ({ offset }) => entry(offset) }).connect()
    const ping = request({ sequence: 1, cmd_ping: { state: Buffer.from('x') } })
    socket.receive(Buffer.concat([ping, read(2, { offset: 5 })]))
    socket.receive(Buffer.concat([read(3, { offset: 5 }), ping]))
    await settle()
    assert.deepEqual(
      socket.sent.map(({ data }) => response(data)),
      [
        { sequence: '2', read_resp: { entries: [{ offset: '5', value: 'v' }] } },
        { sequence: '1', pong_resp: { state: 'x' } },
      ],
    )
  })

  it('merges a command that occurs twice, as protobuf does', async () => {
    const { socket } = start({ cmd_read: ({ log, offset }) => entry(log === 'first' ? offset : -1n) }).connect()
    socket.receive(
      Buffer.concat([request({ sequence: 1, cmd_read: { log: 'first' } }), request({ cmd_read: { offset: 8 } })]),
    )
    await settle()
    assert.deepEqual(response(socket.sent[0]?.data ?? Buffer.alloc(0)), {
      sequence: '1',
      read_resp: { entries: [{ offset: '8', value: 'v' }] },
    })
  })

  it('keeps 64-bit integers exact in both directions', async () => {
    for (const offset of [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n]) {
      let got: bigint | undefined
      const cmd_read: Handlers['cmd_read'] = (message) => {
        got = message.offset
        return entry(message.offset)
      }
      const { socket } = start({ cmd_read }).connect()
      socket.receive(read(1, { offset: offset.toString() }))
      await settle()
      assert.equal(got, offset)
      assert.deepEqual(response(socket.sent[0]?.data ?? Buffer.alloc(0)).read_resp, {
        entries: [{ offset: offset.toString(), value: 'v' }],
      })
    }
  })
})

describe('order', () => {
  it('answers in the order received, whichever is done first', async () => {
    const { handlers, answer } = held()
    const { socket } = start(handlers).connect()
    for (const offset of [1, 2, 3]) socket.receive(read(offset, { offset }))
    await settle()
    await answer(3n)
    await answer(2n)
    assert.deepEqual(sequences(socket), [])
    await answer(1n)
    assert.deepEqual(sequences(socket), ['1', '2', '3'])
  })

  it('lets later commands pass one that uses fields from 1000 up, but not it an earlier one', async () => {
    const { handlers, answer } = held()
    const { socket } = start(handlers).connect()
    socket.receive(read(1, { offset: 1 }))
    socket.receive(read(2, { offset: 2, max_bytes: 10 }))
    socket.receive(read(3, { offset: 3 }))
    await settle()
    await answer(3n)
    assert.deepEqual(sequences(socket), [], 'the first is not overtaken')
    await answer(1n)
    assert.deepEqual(sequences(socket), ['1', '3'], 'the second is')
    await answer(2n)
    assert.deepEqual(sequences(socket), ['1', '3', '2'])
  })

  it('runs as many commands as the limit says, then does not read the socket until one is answered', async () => {
    const { calls, handlers, answer } = held()
    const { socket } = start(handlers).connect()
    for (let offset = 1; offset <= limits.commandsInFlight + 2; offset++) socket.receive(read(offset, { offset }))
    await settle()
    assert.equal(calls.length, limits.commandsInFlight)
    assert.equal(socket.paused, true)
    await answer(1n)
    await answer(2n)
    assert.equal(calls.length, limits.commandsInFlight + 2)
    assert.equal(socket.paused, true, 'the limit is reached again')
    await answer(3n)
    assert.equal(socket.paused, false)
  })
})

describe('failures', () => {
  const Refused = defineError('TEST_REFUSED', { reply: 42 }, 'no log %s')
  const Kicked = defineError('TEST_KICKED', { close: 1008 }, 'not allowed')

  it('answers an error of the catalogue with its code and message', async () => {
    const { socket } = start({
      cmd_read: ({ log }) => {
        throw new Refused(log)
      },
    }).connect()
    socket.receive(read(1))
    await settle()
    assert.deepEqual(response(socket.sent[0]?.data ?? Buffer.alloc(0)), {
      sequence: '1',
      error_resp: { code: 42, message: 'no log l' },
    })
  })

  it('hides what is no error of the catalogue, and logs it', async () => {
    const { connect, log } = start({ cmd_read: () => Promise.reject(new Error('secret')) })
    const { socket } = connect()
    socket.receive(read(1))
    await settle()
    const { error_resp } = response(socket.sent[0]?.data ?? Buffer.alloc(0))
    assert.match(JSON.stringify(error_resp), /"code":6,"message":"internal error/)
    assert.doesNotMatch(JSON.stringify(error_resp), /secret/)
    assert.deepEqual(log.lines, [{ level: 'error', message: 'a command failed unexpectedly' }])
  })

  it('closes the socket where the error says so', async () => {
    const { socket } = start({
      cmd_read: () => {
        throw new Kicked()
      },
    }).connect()
    socket.receive(read(1))
    await settle()
    assert.deepEqual(socket.closed, { code: 1008, reason: 'not allowed' })
  })

  it('answers a command that its scheme does not answer in time, aborts it, and drops its late answer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { calls, handlers } = held()
    let released = 0
    const { socket } = start(handlers, 500).connect()
    socket.receive(read(1))
    await settle()
    const [only] = calls
    assert.ok(only)
    const { signal } = only.call
    const real = performance.now
    t.mock.method(performance, 'now', () => real.call(performance) + 1000)
    t.mock.timers.tick(502)
    assert.equal(signal.aborted, true)
    assert.deepEqual(response(socket.sent[0]?.data ?? Buffer.alloc(0)), {
      sequence: '1',
      error_resp: {
        code: 5,
        message: 'no answer from the upstream within 500 ms: try again, or raise the command timeout of the route',
      },
    })
    only.answer(encoded('read_resp', { chunks: [], byteLength: 0, release: () => released++ }))
    await settle()
    assert.equal(socket.sent.length, 1)
    assert.equal(released, 1)
  })
})

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
