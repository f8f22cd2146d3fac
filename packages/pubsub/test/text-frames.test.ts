import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settle } from './support/commands.ts'
import { startScheme } from './support/scheme.ts'

const connect = () =>
  startScheme(() => ({
    session: () => ({
      commands: {
        cmd_read: ({ offset }) => ({ read_resp: { entries: [{ offset, value: Buffer.from('hi') }] } }),
        cmd_follow: () => ({ read_resp: { entries: [] } }),
      },
    }),
  })).connect().socket

const ask = async (text: string): Promise<unknown> => {
  const socket = connect()
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
    ['no JSON', 'hello', wrong('0', 'the text is not JSON')],
    ['a list', '[]', wrong('0', 'PubSubReq should be a JSON object')],
    ['an unknown field', '{"cmd_reed":{}}', wrong('0', 'PubSubReq has no field "cmd_reed"')],
    [
      'an unknown field, with the sequence',
      '{"sequence":"9","cmd_reed":{}}',
      wrong('9', 'PubSubReq has no field "cmd_reed"'),
    ],
    [
      'a wrong sequence',
      '{"sequence":"x"}',
      wrong(
        '0',
        'PubSubReq.sequence should be a 64-bit integer; write it as a string, for JSON numbers are exact only to 2^53',
      ),
    ],
    ['a prototype', '{"__proto__":{}}', wrong('0', 'PubSubReq has no field "__proto__"')],
    ['a wrong type', '{"cmd_read":{"log":1}}', wrong('0', 'PubSubReq.cmd_read.log should be a string')],
    [
      'bytes that are no base64',
      '{"cmd_ping":{"state":"*"}}',
      wrong('0', 'PubSubReq.cmd_ping.state should be a string in base64'),
    ],
    [
      'an integer that JSON has rounded',
      '{"cmd_read":{"offset":9007199254740993}}',
      wrong(
        '0',
        'PubSubReq.cmd_read.offset should be a 64-bit integer; write it as a string, for JSON numbers are exact only to 2^53',
      ),
    ],
    [
      'an integer too large',
      '{"cmd_read":{"max_bytes":2147483648}}',
      wrong('0', 'PubSubReq.cmd_read.max_bytes should be a 32-bit integer'),
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
})
