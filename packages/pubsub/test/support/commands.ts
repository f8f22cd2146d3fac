import assert from 'node:assert/strict'
import type { Call } from '../../src/call.ts'
import type { Answer, CommandHandlers, PubSubUpstream } from '../../src/scheme-types.ts'
import { type LogProtocol, request } from './proto.ts'
import { startScheme } from './scheme.ts'

export type Handlers = CommandHandlers<LogProtocol>
export type LogAnswer = Answer<LogProtocol>

export const nothing = (): LogAnswer => ({ read_resp: { entries: [] } })
export const entry = (offset: bigint): LogAnswer => ({ read_resp: { entries: [{ offset, value: Buffer.from('v') }] } })

const upstreamOf = (handlers: Partial<Handlers>): PubSubUpstream<LogProtocol> => ({
  session: () => ({ commands: { cmd_read: nothing, cmd_follow: nothing, ...handlers } }),
})

/** A scheme whose commands are answered by the handlers given. */
export const start = (handlers: Partial<Handlers>, timeoutMs?: number) =>
  startScheme(() => upstreamOf(handlers), timeoutMs)

/** A CmdRead in a frame. */
export const read = (sequence: number, fields: object = {}) => request({ sequence, cmd_read: { log: 'l', ...fields } })

/** Lets promises that are already settled run their callbacks, also those chained behind them. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Handlers that answer when the test says so. */
export function held() {
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
