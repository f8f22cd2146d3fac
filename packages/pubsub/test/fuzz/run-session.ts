import assert from 'node:assert/strict'
import { encoded } from '../../src/answer.ts'
import { entry, type Handlers, type LogAnswer, nothing, settle } from '../support/commands.ts'
import { response } from '../support/proto.ts'
import { startScheme } from '../support/scheme.ts'
import type { FuzzFrame } from './frames.ts'

/** What is open at a moment; all zero when nobody is connected. */
interface Open {
  upstreams: number
  sessions: number
  bodies: number
  held: (() => void)[]
}

const inLog = 7n

/** A scheme whose commands are answered at once, later, with bytes, or not: as the offset has it. */
function handlersOf(open: Open): Handlers {
  const bytes = (): LogAnswer => {
    open.bodies++
    const release = (): void => {
      open.bodies--
    }
    return encoded('read_resp', { chunks: [Buffer.from([0x0a, 0x00])], byteLength: 2, release })
  }
  const later = (answer: () => LogAnswer): Promise<LogAnswer> => {
    const { promise, resolve } = Promise.withResolvers<LogAnswer>()
    open.held.push(() => resolve(answer()))
    return promise
  }
  const read: readonly (() => LogAnswer | Promise<LogAnswer>)[] = [
    () => entry(1n),
    async () => entry(2n),
    bytes,
    () => later(bytes),
    () => later(nothing),
    () => {
      throw new TypeError('a fault of the scheme')
    },
    () => Promise.reject(new Error('a fault of the scheme')),
  ]
  return {
    cmd_read: ({ offset }, call) => {
      if (offset === 9n) call.reserve(1 << 20)
      return read[Number(((offset % inLog) + inLog) % inLog)]?.() ?? nothing()
    },
    cmd_follow: () => later(nothing),
  }
}

/** A scheme in memory, with books of what it has open. */
export function startFuzzedScheme() {
  const open: Open = { upstreams: 0, sessions: 0, bodies: 0, held: [] }
  const handlers = handlersOf(open)
  const { connect, log } = startScheme(() => {
    open.upstreams++
    return {
      session: () => {
        open.sessions++
        return {
          commands: handlers,
          close: () => {
            open.sessions--
          },
        }
      },
      close: () => {
        open.upstreams--
      },
    }
  })

  const answerHeld = (): void => {
    for (const answer of open.held.splice(0)) answer()
  }

  return {
    /** Sends the frames over one socket, which reads its answers or leaves after so many frames. */
    async run(frames: readonly FuzzFrame[], leaveAfter: number | undefined): Promise<void> {
      const { socket } = connect()
      try {
        for (const { data } of frames.slice(0, leaveAfter)) socket.receive(data)
        if (leaveAfter === undefined) {
          for (let answers = -1; socket.sent.length < frames.length || open.held.length > 0; ) {
            const moves = socket.sent.length > answers || open.held.length > 0
            assert.ok(moves, `${answers} of ${frames.length} frames are answered, and no more`)
            answers = socket.sent.length
            answerHeld()
            await settle()
          }
          assert.equal(socket.sent.length, frames.length, 'each frame is answered once')
          checkSequences(frames, socket.sent)
          assert.equal(socket.queuedBytes, 0)
          assert.equal(socket.paused, false, 'the client is read again')
        }
        assert.equal(socket.closed, undefined, 'no frame closes the socket')
      } finally {
        // Also after a failure, for fast-check goes on with smaller cases.
        socket.leave()
      }
      const { length } = socket.sent
      answerHeld()
      await settle()
      assert.equal(socket.sent.length, length, 'nothing is sent to a client that has left')
      const { upstreams, sessions, bodies } = open
      assert.deepEqual({ upstreams, sessions, bodies }, { upstreams: 0, sessions: 0, bodies: 0 })
      for (const { message } of log.lines.splice(0)) assert.equal(message, 'a command failed unexpectedly')
    },
  }
}

function checkSequences(frames: readonly FuzzFrame[], sent: readonly { data: Buffer; isText: boolean }[]): void {
  const answers = new Map<string, number>()
  const add = (key: string, by: number): number => {
    const sum = (answers.get(key) ?? 0) + by
    answers.set(key, sum)
    return sum
  }
  for (const { data, isText } of sent) {
    const read: { readonly sequence?: unknown } = isText ? JSON.parse(data.toString()) : response(data)
    add(`${isText} ${read.sequence ?? '0'}`, 1)
  }
  for (const { data, sequence } of frames) {
    if (sequence === undefined) continue
    assert.ok(add(`${typeof data === 'string'} ${sequence}`, -1) >= 0, `the command with ${sequence} has its answer`)
  }
}
