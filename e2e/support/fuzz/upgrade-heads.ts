import type { Random } from './random.ts'

const lines = (path: string): readonly string[] => [
  `GET ${path} HTTP/1.1`,
  'Host: fuzz',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

const join = (all: readonly string[], end = '\r\n'): Buffer => Buffer.from(`${all.join(end)}${end}${end}`, 'latin1')

const extras: readonly [string, ...string[]] = [
  'Host: another',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 18446744073709551616',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Sec-WebSocket-Key: AAAA',
  'Sec-WebSocket-Version: 99999999999999999999',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99',
  'Sec-WebSocket-Extensions: ;;;,,,="',
  'Sec-WebSocket-Protocol: a, a',
  'Sec-WebSocket-Protocol: ,',
  'Upgrade: h2c',
  'Connection: close',
  'Expect: 100-continue',
  'Origin: null',
  ' folded: line',
  'no colon',
  ': no name',
  'X-Nul: a\0b',
  'X-Cr: a\rb',
  '__proto__: x',
  'constructor: x',
  `X-Long: ${'x'.repeat(20_000)}`,
  Array.from({ length: 150 }, (_, index) => `X-${index}: y`).join('\r\n'),
]

const targets: readonly [string, ...string[]] = [
  '//',
  '/%',
  '/%00',
  '/..%2f..%2fetc',
  '*',
  'http://[::1/',
  'http://user:pass@fuzz/fuzz',
  '/fuzz#fragment',
  '/fuzz?__proto__[a]=b',
  `/${'a'.repeat(20_000)}`,
  '/\xff\xfe',
]

const methods: readonly [string, ...string[]] = [
  'POST',
  'get',
  'CONNECT',
  'TRACE',
  'PRI',
  'G E T',
  '',
  'QUERY',
  'OPTIONS',
]

const versions: readonly [string, ...string[]] = ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/9.9', 'ICY', '']

const foreign: readonly [Buffer, ...Buffer[]] = [
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('16030100a5010000a10303', 'hex'),
  Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n'),
  Buffer.from('\r\n\r\n\r\n'),
  Buffer.from('GET /fuzz\r\n'),
]

/** The head of an upgrade to the path that something is wrong with, or at least odd. */
export function strangeHead(random: Random, path: string): Buffer {
  const head = [...lines(path)]
  switch (random.below(9)) {
    case 0:
      head.splice(random.below(head.length), 1)
      return join(head)
    case 1:
      head.splice(1 + random.below(head.length), 0, random.pick(extras))
      return join(head)
    case 2:
      head[0] = `GET ${random.pick(targets)} HTTP/1.1`
      return join(head)
    case 3:
      head[0] = `${random.pick(methods)} ${path} HTTP/1.1`
      return join(head)
    case 4:
      head[0] = `GET ${path} ${random.pick(versions)}`
      return join(head)
    case 5:
      return join(head, random.pick(['\n', '\r', '\r\r\n', '\n\r']))
    case 6: {
      const bytes = join(head)
      for (let changes = 1 + random.below(5); changes > 0; changes--)
        bytes[random.below(bytes.length)] = random.below(256)
      return bytes
    }
    case 7:
      return join(head).subarray(0, random.below(join(head).length))
    default:
      return random.chance(0.5) ? random.pick(foreign) : random.bytes(random.below(400))
  }
}
