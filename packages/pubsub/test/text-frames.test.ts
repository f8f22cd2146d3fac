import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encoded } from '../src/answer.ts'
import { createCodec } from '../src/codec.ts'
import { settle } from './support/commands.ts'
import { logProtocol, request } from './support/proto.ts'
import { limits, startScheme } from './support/scheme.ts'

const connect = (query: string) =>
  startScheme(() => ({
    session: () => ({
      commands: {
        cmd_read: ({ offset }) => ({ read_resp: { entries: [{ offset, value: Buffer.from('hi') }] } }),
        cmd_follow: () => ({ read_resp: { entries: [] } }),
      },
    }),
  })).connect({}, query).socket

const ask = async (text: string, query = ''): Promise<unknown> => {
  const socket = connect(query)
  socket.receive(text)
  await settle()
  const [sent, ...others] = socket.sent
  assert.ok(sent)
  assert.equal(others.length, 0)
  assert.equal(sent.isText, true)
  return JSON.parse(sent.data.toString())
}

const example = '{"sequence":"1","cmd_ping":{}}'
const wrong = (sequence: string, reason: string) => ({
  sequence,
  error_resp: { code: 4, message: `wrong command: ${reason}; a command looks like this: ${example}` },
})

describe('text in, text out', () => {
  const cases: readonly [what: string, text: string, answer: object][] = [
    ['a ping', '{"sequence":"1","cmd_ping":{"state":"aGk="}}', { sequence: '1', pong_resp: { state: 'aGk=' } }],
    [
      'both spellings of a name and an integer as a number',
      '{"sequence":2,"cmdRead":{"log":"l","offset":"9007199254740993","maxBytes":"7"}}',
      { sequence: '2', read_resp: { entries: [{ offset: '9007199254740993', value: 'aGk=' }] } },
    ],
    ['an answer without entries', '{"cmd_follow":{}}', { sequence: '0', read_resp: { entries: [] } }],
    [
      'a command no scheme has',
      '{"sequence":"3","cmd_empty":{}}',
      { sequence: '3', error_resp: { code: 3, message: 'unknown command' } },
    ],
    ['no command', '{"sequence":"3"}', { sequence: '3', error_resp: { code: 2, message: 'empty command' } }],
    [
      'an integer beyond 2^53 as a number, exactly',
      '{"cmd_read":{"offset":9007199254740993}}',
      { sequence: '0', read_resp: { entries: [{ offset: '9007199254740993', value: 'aGk=' }] } },
    ],
    ['no JSON', 'hello', wrong('0', `the text is not JSON (Unexpected token 'h', "hello" is not valid JSON)`)],
    ['JSON too deep', '['.repeat(60_000) + ']'.repeat(60_000), wrong('0', 'the text is nested too deeply')],
    ['a list', '[]', wrong('0', 'PubSubReq should be a JSON object, such as {}')],
    ['an unknown field', '{"cmd_reed":{}}', wrong('0', 'PubSubReq has no field "cmd_reed"; did you mean cmd_read?')],
    [
      'an unknown field in camel case',
      '{"cmdReed":{}}',
      wrong('0', 'PubSubReq has no field "cmdReed"; did you mean cmdRead?'),
    ],
    [
      'an unknown field like no other',
      '{"cmd_ping":{"x":1}}',
      wrong('0', 'PubSubReq.cmd_ping has no field "x"; it has state'),
    ],
    [
      'an unknown field, with the sequence',
      '{"sequence":"9","cmd_reed":{}}',
      wrong('9', 'PubSubReq has no field "cmd_reed"; did you mean cmd_read?'),
    ],
    [
      'a wrong sequence',
      '{"sequence":"x"}',
      wrong('0', 'PubSubReq.sequence should be a 64-bit integer, such as "42" or 42'),
    ],
    [
      'a prototype',
      '{"__proto__":{}}',
      wrong('0', 'PubSubReq has no field "__proto__"; it has sequence, cmd_empty, cmd_ping, cmd_read, cmd_follow'),
    ],
    ['a wrong type', '{"cmd_read":{"log":1}}', wrong('0', 'PubSubReq.cmd_read.log should be a string, such as "text"')],
    [
      'bytes that are no base64',
      '{"cmd_ping":{"state":"*"}}',
      wrong('0', 'PubSubReq.cmd_ping.state should be a string in base64, such as "dGV4dA=="'),
    ],
    [
      'a number that JSON would round to an integer',
      '{"cmd_read":{"offset":9007199254740991.4}}',
      wrong('0', 'PubSubReq.cmd_read.offset should be a 64-bit integer, such as "42" or 42'),
    ],
    [
      'an integer beyond 64 bits',
      '{"cmd_read":{"offset":9223372036854775808}}',
      wrong('0', 'PubSubReq.cmd_read.offset should be a 64-bit integer, such as "42" or 42'),
    ],
    [
      'a field in both spellings',
      '{"cmd_read":{"max_bytes":1,"maxBytes":2}}',
      wrong('0', 'PubSubReq.cmd_read.max_bytes is given twice'),
    ],
    [
      'an integer too large',
      '{"cmd_read":{"max_bytes":2147483648}}',
      wrong('0', 'PubSubReq.cmd_read.max_bytes should be a 32-bit integer, such as 42'),
    ],
    [
      'two commands',
      '{"cmd_ping":{},"cmd_read":{}}',
      wrong('0', 'a message holds one command, not cmd_ping and cmd_read'),
    ],
  ]
  for (const [what, text, answer] of cases) {
    it(`answers ${what}`, async () => {
      assert.deepEqual(await ask(text), answer)
    })
  }

  const forms: readonly [query: string, text: string, answer: object][] = [
    ['bytes=text', '{"cmd_ping":{"state":"hi"}}', { sequence: '0', pong_resp: { state: 'hi' } }],
    ['bytes=text', '{"cmd_ping":{"state_base64":"/w=="}}', { sequence: '0', pong_resp: { state_base64: '/w==' } }],
    ['bytes=json', '{"cmd_ping":{"state":{"a":[1]}}}', { sequence: '0', pong_resp: { state: { a: [1] } } }],
    ['bytes=json', '{"cmd_ping":{"state_text":"{"}}', { sequence: '0', pong_resp: { state_text: '{' } }],
    ['bytes=json&bytes.state=base64', '{"cmd_ping":{"state":"aGk="}}', { sequence: '0', pong_resp: { state: 'aGk=' } }],
    ['bytes.value=text', '{"cmd_read":{}}', { sequence: '0', read_resp: { entries: [{ offset: '0', value: 'hi' }] } }],
    [
      'bytes=text',
      '{"cmd_ping":{"state":{}}}',
      wrong('0', 'PubSubReq.cmd_ping.state should be a string, such as "text"'),
    ],
  ]
  for (const [query, text, answer] of forms) {
    it(`answers ${text} with ${query}`, async () => {
      assert.deepEqual(await ask(text, query), answer)
    })
  }

  it('counts the text that waits for the client, not the smaller message it was made of', async () => {
    let released = 0
    const body = createCodec(logProtocol).encodeResponse('read_resp', { entries: [{ value: Buffer.alloc(60_000) }] })
    const { socket } = startScheme(() => ({
      session: () => ({
        commands: {
          cmd_read: () => ({ read_resp: { entries: [] } }),
          cmd_follow: (_message, call) => {
            granted.push(call.reserve(200_000))
            return encoded('read_resp', { chunks: [body], byteLength: body.length, release: () => released++ })
          },
        },
      }),
    })).connect({}, 'bytes=text')
    const granted: number[] = []
    socket.reads = false
    socket.receive('{"cmd_follow":{}}')
    await settle()
    assert.equal(released, 1)
    const waiting = socket.queuedBytes
    assert.ok(waiting > 6 * 60_000, `${waiting} bytes for control characters, each of which takes six`)
    assert.equal(socket.paused, true)
    socket.receive('{"cmd_follow":{}}')
    await settle()
    assert.equal(granted.length, 1)
    socket.take(0)
    await settle()
    assert.deepEqual(granted, [200_000, 200_000])
  })

  describe('a large answer', () => {
    const entries = Array.from({ length: 5000 }, (_, index) => ({
      offset: BigInt(index),
      value: Buffer.alloc(100, 'x'),
    }))
    const body = createCodec(logProtocol).encodeResponse('read_resp', { entries })
    const open = () => {
      let released = 0
      let begun = 0
      const { socket } = startScheme(() => ({
        session: () => ({
          commands: {
            cmd_read: () => ({ read_resp: { entries: [] } }),
            cmd_follow: () => {
              begun++
              return encoded('read_resp', {
                chunks: [body.subarray(0, 999), body.subarray(999)],
                byteLength: body.length,
                release: () => released++,
              })
            },
          },
        }),
      })).connect({}, 'bytes=text')
      return { socket, released: () => released, begun: () => begun }
    }

    it('is made in slices between which others are served, and keeps its place in the order', async () => {
      const { socket, released } = open()
      socket.receive('{"sequence":"1","cmd_follow":{}}')
      socket.receive(request({ sequence: 2, cmd_ping: {} }))
      socket.receive('{"sequence":"3","cmd_ping":{"state":"hi"}}')
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual([socket.sent.length, released()], [0, 0], 'the loop turns while the text is made')
      while (socket.sent.length < 3) await new Promise((resolve) => setImmediate(resolve))
      const [first, second, third] = socket.sent
      const read = JSON.parse(String(first?.data))
      assert.equal(read.read_resp.entries.length, 5000)
      assert.deepEqual(read.read_resp.entries[4999], { offset: '4999', value: 'x'.repeat(100) })
      assert.deepEqual([second?.isText, third?.isText], [false, true])
      assert.equal(released(), 1)
    })

    it('counts as a command at work while its text is made, as does all that waits for it', async () => {
      const { socket, begun } = open()
      const sent = 3 * limits.commandsInFlight
      for (let n = 0; n < sent; n++) socket.receive('{"cmd_follow":{}}')
      await settle()
      assert.equal(begun(), limits.commandsInFlight)
      while (socket.sent.length < sent) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(begun(), sent)
    })

    it('is given up, and freed once, when the client leaves meanwhile', async () => {
      const { socket, released } = open()
      for (let n = 0; n < 2; n++) socket.receive('{"cmd_follow":{}}')
      await settle()
      socket.leave()
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual([socket.sent.length, released()], [0, 2])
    })
  })

  it('refuses a query that it does not understand before the socket is accepted', () => {
    const check = startScheme(() => {
      throw new Error('no upstream is needed')
    }).check
    check('bytes.value=text&key=1')
    assert.throws(() => check('bytes.log=text'), { code: 'PUBSUB_WRONG_QUERY', place: { status: 400 } })
  })
})
