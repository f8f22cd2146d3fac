import { line } from '@sluice/examples/scheme-line/protocol'
import { type Answer, definePubSubScheme, encoded } from '@sluice/pubsub'
import { Type } from 'typebox'

type LineAnswer = Answer<NonNullable<typeof line.protocol>>

const bytes = Buffer.from([0x0a, 2, 0x6f, 0x6b])
let made = 0
let released = 0
let last: LineAnswer | undefined

function inBytes(name: 'line_send_resp' = 'line_send_resp'): LineAnswer {
  made++
  last = encoded(name, { chunks: [bytes], byteLength: bytes.length, release: () => released++ })
  return last
}

// What no type would let pass, as a scheme written without types may give it.
const untyped = (json: string): LineAnswer => JSON.parse(json)

const ways: Readonly<Record<string, () => LineAnswer | Promise<LineAnswer>>> = {
  right: () => ({ line_send_resp: { line: 'ok' } }),
  bytes: () => inBytes(),
  'bytes later': async () => inBytes(),
  throws() {
    throw new TypeError('thrown by the scheme')
  },
  rejects: () => Promise.reject(new TypeError('rejected by the scheme')),
  'rejects with a text': () => Promise.reject('a text'),
  hangs: () => new Promise(() => {}),
  'answers twice': () => last ?? inBytes(),
  'answers late': () => new Promise((resolve) => setTimeout(() => resolve(inBytes()), 400)),
  'wrong field': () => untyped('{"no_such_resp":{}}'),
  'wrong bytes': () => inBytes(JSON.parse('"no_such_resp"')),
  'wrong type': () => untyped('{"line_send_resp":{"line":5}}'),
  'two fields': () => untyped('{"line_send_resp":{"line":"a"},"pong_resp":{}}'),
  'a number': () => untyped('7'),
  nothing: () => untyped('null'),
  'fails in a timer'() {
    setTimeout(() => {
      throw new TypeError('thrown in a timer of the scheme')
    }, 1)
    return { line_send_resp: { line: 'ok' } }
  },
  'forgets a promise'() {
    void Promise.reject(new TypeError('nobody waits for this'))
    return { line_send_resp: { line: 'ok' } }
  },
  'forgets a text'() {
    void Promise.reject('nobody waits for this text')
    return { line_send_resp: { line: 'ok' } }
  },
  balance: () => ({ line_send_resp: { line: String(made - released) } }),
}

/** Does what no scheme should, as the line says. */
export default definePubSubScheme({
  name: 'unruly',
  proto: line,
  options: Type.Object({}, { additionalProperties: false }),
  commandTimeoutMs: () => 250,
  example: '{"cmd_line_send":{"line":"throws"}}',
  upstream: () => ({
    session: () => ({
      commands: { cmd_line_send: ({ line: way }) => (ways[way] ?? (() => ({ line_send_resp: { line: '?' } })))() },
      close: () => Promise.reject(new TypeError('the end of a session fails')),
    }),
    close() {
      throw new TypeError('the end of an upstream fails')
    },
  }),
})
