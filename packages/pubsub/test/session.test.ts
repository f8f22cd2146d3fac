import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError } from '@sluice/spi'
import { encoded } from '../src/answer.ts'
import { entry, type Handlers, held, read, settle, start } from './support/commands.ts'
import { request, response } from './support/proto.ts'
import { limits } from './support/scheme.ts'

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

  it('keeps the order of commands whose own number is from 1000 up', async () => {
    const { handlers, answer } = held()
    const { socket } = start(handlers).connect()
    socket.receive(read(1, { offset: 1 }))
    socket.receive(request({ sequence: 2, cmd_follow: { log: 'l' } }))
    socket.receive(read(3, { offset: 3 }))
    await settle()
    await answer(3n)
    assert.deepEqual(sequences(socket), [])
    await answer(1n)
    assert.deepEqual(sequences(socket), ['1', '2', '3'])
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

  it('gives the details of an error as fields, zero too, in both kinds of frame', async () => {
    const { socket } = start({
      cmd_read: ({ log, offset }) => {
        throw new Refused(log, { details: { next_offset: offset, unheard_of: 1n } })
      },
    }).connect()
    for (const offset of ['0', '9007199254740993']) {
      socket.receive(read(1, { offset }))
      socket.receive(`{"sequence":"2","cmd_read":{"log":"l","offset":"${offset}"}}`)
      await settle()
      const error_resp = { code: 42, message: 'no log l', next_offset: offset }
      const [binary, text] = socket.sent.splice(0)
      assert.deepEqual(response(binary?.data ?? Buffer.alloc(0)), { sequence: '1', error_resp })
      assert.deepEqual(JSON.parse(String(text?.data)), { sequence: '2', error_resp })
    }
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
