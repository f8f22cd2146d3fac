import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError, type HookMessage, type MessageHooks, type NamedHooks } from '@sluice/spi'
import { encoded } from '../src/answer.ts'
import type { PubSubUpstream } from '../src/scheme-types.ts'
import { entry, type Handlers, held, read, settle, start } from './support/commands.ts'
import { type LogProtocol, request, response } from './support/proto.ts'
import { startScheme } from './support/scheme.ts'

const Refused = defineError('TEST_REFUSED', { reply: 2001 }, 'not %s')
const Ended = defineError('TEST_ENDED', { close: 4001 }, 'no more of this')

const named = (hooks: MessageHooks, plugin = 'p'): NamedHooks => ({ plugin, hooks })

const connect = (handlers: Partial<Handlers>, ...hooks: readonly NamedHooks[]) => {
  const scheme = start(handlers)
  const { socket, session } = scheme.connect({}, '', hooks)
  const answers = () => socket.sent.map(({ data, isText }) => (isText ? JSON.parse(String(data)) : response(data)))
  return { ...scheme, socket, session, answers }
}

/** An answer in bytes, as kafka gives it; counts how often it is released. */
function bytesOf(value: string) {
  const counted = { released: 0 }
  const bytes = Buffer.concat([Buffer.from([0x0a, value.length + 4, 0x08, 7, 0x12, value.length]), Buffer.from(value)])
  const answer = encoded('read_resp', { chunks: [bytes], byteLength: bytes.length, release: () => counted.released++ })
  return { answer, counted }
}

describe('message hooks', () => {
  it('see each command, in the order of their plugins, and may change it', async () => {
    const seen: unknown[] = []
    const tell = (plugin: string): NamedHooks =>
      named(
        {
          command({ name, sequence, message }) {
            seen.push([plugin, name, sequence, message.offset])
            return { ...message, offset: 41n }
          },
        },
        plugin,
      )
    const { socket, answers } = connect({ cmd_read: ({ offset }) => entry(offset + 1n) }, tell('first'), tell('second'))
    socket.receive(read(5, { offset: 1 }))
    await settle()
    assert.deepEqual(seen, [
      ['first', 'cmd_read', 5n, 1n],
      ['second', 'cmd_read', 5n, 41n],
    ])
    assert.deepEqual(answers(), [{ sequence: '5', read_resp: { entries: [{ offset: '42', value: 'v' }] } }])
  })

  it('give the scheme a whole command, whatever they leave out', async () => {
    const seen: unknown[] = []
    const handlers: Partial<Handlers> = {
      cmd_read(message) {
        seen.push({ ...message })
        return entry(message.offset)
      },
    }
    const { socket } = connect(handlers, named({ command: () => ({ log: 'other' }) }))
    socket.receive(read(1, { offset: 7 }))
    await settle()
    assert.deepEqual(seen, [{ log: 'other', offset: 0n, max_bytes: 0 }])
  })

  it('may take their time, and others do not wait; a client that leaves meanwhile starts nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const signals: AbortSignal[] = []
    const slow = named({
      command({ message, signal }) {
        signals.push(signal)
        return message.offset === 1n ? promise : undefined
      },
    })
    const { calls, handlers } = held()
    const { socket } = connect(handlers, slow)
    socket.receive(read(1, { offset: 1 }))
    socket.receive(read(2, { offset: 2 }))
    await settle()
    assert.deepEqual(
      calls.map(({ offset }) => offset),
      [2n],
    )
    socket.leave()
    resolve(undefined)
    await settle()
    assert.equal(calls.length, 1)
    assert.ok(signals[0]?.aborted)
  })

  it('refuse a command with an answer or a close code', async () => {
    const { socket, answers } = connect(
      {},
      named({
        command({ message }) {
          if (message.offset === 1n) throw new Refused('this one')
          if (message.offset === 2n) return Promise.reject(new Refused('later'))
          throw new Ended()
        },
      }),
    )
    socket.receive(read(1, { offset: 1 }))
    socket.receive(read(2, { offset: 2 }))
    await settle()
    assert.deepEqual(answers(), [
      { sequence: '1', error_resp: { code: 2001, message: 'not this one' } },
      { sequence: '2', error_resp: { code: 2001, message: 'not later' } },
    ])
    socket.receive(read(3, { offset: 3 }))
    assert.deepEqual(socket.closed, { code: 4001, reason: 'no more of this' })
  })

  it('that refuse an answer with what no ErrorResp can hold are answered still, the refusal of an error too', async () => {
    class Odd extends Refused {
      override readonly place = { reply: 0.5 }
    }
    const refusing = named({
      response() {
        throw new Odd('sent')
      },
    })
    const { socket, answers, log } = connect({ cmd_read: () => entry(1n) }, refusing)
    socket.receive(read(1))
    socket.receive(Buffer.alloc(0))
    await settle()
    const message = 'internal error: the gateway could not carry out this command; its log says why'
    assert.deepEqual(answers(), [
      { sequence: '1', error_resp: { code: 6, message } },
      { error_resp: { code: 6, message } },
    ])
    assert.match(log.lines.map((line) => line.message).join(), /an ErrorResp cannot hold the number/)
  })

  it('see each record and each answer, also those in bytes, errors and pongs, whatever the frame', async () => {
    const names: string[] = []
    const masking = named({
      record: (record) => ({ ...record, value: Buffer.from('***') }),
      response({ name }) {
        names.push(name)
        return undefined
      },
    })
    const { answer, counted } = bytesOf('secret')
    const { socket, answers } = connect({ cmd_read: ({ offset }) => (offset === 0n ? answer : entry(offset)) }, masking)
    socket.receive(read(1))
    socket.receive(JSON.stringify({ sequence: '2', cmd_read: { log: 'l', offset: '9' } }))
    socket.receive(request({ sequence: 3, cmd_ping: { state: Buffer.from('x') } }))
    socket.receive(Buffer.alloc(0))
    await settle()
    assert.deepEqual(answers(), [
      { sequence: '1', read_resp: { entries: [{ offset: '7', value: '***' }] } },
      { sequence: '2', read_resp: { entries: [{ offset: '9', value: 'Kioq' }] } },
      { sequence: '3', pong_resp: { state: 'x' } },
      { error_resp: { code: 2, message: 'empty command' } },
    ])
    assert.deepEqual(names.toSorted(), ['error_resp', 'pong_resp', 'read_resp', 'read_resp'])
    assert.equal(counted.released, 1)
  })

  it('that change nothing leave the bytes of the scheme as they are', async () => {
    const { answer, counted } = bytesOf('plain')
    const { socket } = connect({ cmd_read: () => answer }, named({ response: () => undefined }))
    socket.reads = false
    socket.receive(read(1))
    await settle()
    assert.equal(counted.released, 0)
    socket.take(0)
    assert.equal(counted.released, 1)
  })

  it('that fail are answered with the name of their plugin, and the bytes are released once', async () => {
    const failures: readonly MessageHooks[] = [
      { command: () => Promise.reject(new TypeError('a bug')) },
      {
        command() {
          throw new TypeError('a bug')
        },
      },
      {
        record() {
          throw new TypeError('a bug')
        },
      },
      { record: () => ({ offset: 'no number', value: 7 }) },
      { command: () => ({ log: 5 }) },
      { command: async () => ({ offset: 'no number' }) },
      // As a plugin in JavaScript may: the types do not take a promise.
      { record: () => Promise.resolve({ value: 'late' }) as object as HookMessage },
      { response: () => Promise.resolve({ entries: [] }) as object as HookMessage },
    ]
    for (const hooks of failures) {
      const { answer, counted } = bytesOf('x')
      const { socket, answers, log } = connect({ cmd_read: () => answer }, named(hooks, 'broken'))
      socket.receive(read(1))
      await settle()
      const message = 'internal error: the plugin broken failed on this command; the log of the gateway says why'
      assert.deepEqual(answers(), [{ sequence: '1', error_resp: { code: 7, message } }])
      assert.ok(log.lines.some(({ level }) => level === 'error'))
      assert.equal(counted.released, hooks.command === undefined ? 1 : 0)
    }
  })

  it('see what a scheme sends unasked', async () => {
    let push: (value: string) => boolean = () => false
    const upstream: PubSubUpstream<LogProtocol> = {
      session(port) {
        push = (value) => port.push({ read_resp: { entries: [{ offset: 1n, value: Buffer.from(value) }] } }, 8n)
        return { commands: { cmd_read: ({ offset }) => entry(offset), cmd_follow: () => entry(0n) } }
      },
    }
    const hooks = named({
      record(record) {
        if (String(record.value) === 'no') throw new Refused('that')
        return { ...record, value: Buffer.from('seen') }
      },
    })
    const { socket } = startScheme(() => upstream).connect({}, '', [hooks])
    socket.receive(read(1))
    await settle()
    assert.ok(push('yes'))
    push('no')
    assert.deepEqual(
      socket.sent.slice(1).map(({ data }) => response(data)),
      [
        { sequence: '8', read_resp: { entries: [{ offset: '1', value: 'seen' }] } },
        { sequence: '8', error_resp: { code: 2001, message: 'not that' } },
      ],
    )
  })

  it('are told once that the socket is gone', async () => {
    let closed = 0
    const count = named({
      close() {
        closed++
      },
    })
    const failing = named({ close: () => Promise.reject(new Error('no')) })
    const { socket, log } = connect({}, failing, count)
    socket.leave()
    await settle()
    assert.equal(closed, 1)
    assert.ok(log.lines.some(({ level }) => level === 'error'))
  })
})
