import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { opcode } from './client-frame.ts'

/** A frame of the server, or the end of the connection. */
export type ServerEvent =
  | { readonly kind: 'frame'; readonly code: number; readonly payload: Buffer }
  | { readonly kind: 'end' }

/** A connection on which any bytes can be sent. */
export interface RawSocket {
  write(bytes: Uint8Array): void
  /** The next thing that the server did, its pings left out. @throws {Error} when it does nothing for 10 s, or sends no proper frame */
  next(): Promise<ServerEvent>
  /** Ends our side and resolves with the frames that came until the server had ended its own. */
  finish(): Promise<readonly { readonly code: number; readonly payload: Buffer }[]>
  /** Breaks the connection off: with a FIN, or with a RST. */
  cut(how: 'fin' | 'rst'): void
}

// More than anything here takes, and less than the time after which a reader gives the test up.
const patienceMs = 10_000

// A system has some 28,000 ports for one address; a used one rests for a minute.
let lastAddress = 1
const nextAddress = (): string => {
  lastAddress = 2 + ((lastAddress - 1) % 250)
  return `127.0.0.${lastAddress}`
}

const upgradeHead = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: fuzz\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** Opens a TCP connection. */
export async function openTcp(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress: nextAddress(), noDelay: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return socket
}

/** Opens a WebSocket, and gives it raw. */
export async function openRaw(url: string): Promise<RawSocket> {
  const socket = await openTcp(url)
  const frames = createFrameReader()
  const waiting: (() => void)[] = []
  let head: string | undefined = ''
  let ended = false
  const wake = (): void => {
    for (const one of waiting.splice(0)) one()
  }
  socket.on('data', (data) => {
    if (head === undefined) frames.push(data)
    else {
      head += data.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end >= 0) {
        assert.ok(head.startsWith('HTTP/1.1 101 '), `the upgrade was answered with ${head}`)
        const rest = Buffer.from(head.slice(end + 4), 'latin1')
        head = undefined
        frames.push(rest)
      }
    }
    wake()
  })
  socket.on('close', () => {
    ended = true
    wake()
  })
  const until = async <T>(what: string, take: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = take()
      if (found !== undefined) return found
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const timer = setTimeout(() => reject(new Error(`${what} did not come within ${patienceMs} ms`)), patienceMs)
      waiting.push(resolve)
      await promise.finally(() => clearTimeout(timer))
    }
  }
  const takeEvent = (): ServerEvent | undefined => {
    const frame = frames.take()
    // The gateway pings whenever it is time.
    if (frame?.kind === 'frame' && frame.code === opcode.ping) return takeEvent()
    return frame ?? (ended ? { kind: 'end' } : undefined)
  }
  const next = (): Promise<ServerEvent> => until('a frame or the end', takeEvent)

  socket.write(upgradeHead(new URL(url).pathname))
  await until('the handshake', () => (head === undefined || ended ? true : undefined))
  return {
    write: (bytes) => void socket.write(bytes),
    next,
    async finish() {
      socket.end()
      const all: { readonly code: number; readonly payload: Buffer }[] = []
      for (;;) {
        const event = await next()
        if (event.kind === 'end') return all
        all.push(event)
      }
    },
    cut(how) {
      if (how === 'rst') socket.resetAndDestroy()
      else socket.destroy()
    },
  }
}

const known: ReadonlySet<number> = new Set(Object.values(opcode))

/** Takes frames of a server apart, and holds it to RFC 6455: no mask, no reserved bit, the shortest length. */
function createFrameReader() {
  let buffered = Buffer.alloc(0)
  return {
    push(data: Buffer): void {
      buffered = Buffer.concat([buffered, data])
    },
    take(): ServerEvent | undefined {
      const [first, second] = buffered
      if (first === undefined || second === undefined) return undefined
      assert.equal(first & 0x70, 0, 'no reserved bit is set')
      assert.ok(known.has(first & 0x0f), `opcode ${first & 0x0f} is one`)
      assert.equal(second & 0x80, 0, 'a server does not mask')
      const short = second & 0x7f
      const headLength = short < 126 ? 2 : short === 126 ? 4 : 10
      if (buffered.length < headLength) return undefined
      const length =
        short < 126 ? short : short === 126 ? buffered.readUInt16BE(2) : Number(buffered.readBigUInt64BE(2))
      if (buffered.length < headLength + length) return undefined
      const payload = buffered.subarray(headLength, headLength + length)
      buffered = buffered.subarray(headLength + length)
      return { kind: 'frame', code: first & 0x0f, payload }
    },
  }
}
