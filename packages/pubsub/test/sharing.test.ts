import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError } from '@sluice/spi'
import { createUsagePool } from '../src/usage-pool.ts'
import { settle } from './support/commands.ts'
import { request, response } from './support/proto.ts'
import { startScheme } from './support/scheme.ts'

const read = request({ sequence: 1, cmd_read: {} })
const unexpected = (error: unknown): void => assert.ifError(error)
const commands = {
  cmd_read: () => ({ read_resp: { entries: [] } }),
  cmd_follow: () => ({ read_resp: { entries: [] } }),
}

describe('an upstream', () => {
  it('is opened by the first command, shared by equal sessions, and closed by its last user', async () => {
    const seen: string[] = []
    const { connect } = startScheme(() => {
      seen.push('open')
      return {
        session: () => ({ commands, close: () => void seen.push('session closed') }),
        close: () => void seen.push('closed'),
      }
    })
    const [a, b] = [connect().socket, connect().socket]
    a.receive(request({ cmd_ping: {} }))
    assert.deepEqual(seen, [], 'a ping needs no upstream')
    a.receive(read)
    b.receive(read)
    await settle()
    assert.deepEqual(seen, ['open'])
    a.leave()
    await settle()
    assert.deepEqual(seen, ['open', 'session closed'])
    b.leave()
    await settle()
    assert.deepEqual(seen, ['open', 'session closed', 'session closed', 'closed'])
  })

  it('is freed also where its session never closes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let closed = 0
    const { connect, log } = startScheme(() => ({
      session: () => ({ commands, close: () => new Promise(() => {}) }),
      close: () => void closed++,
    }))
    const { socket } = connect()
    socket.receive(read)
    await settle()
    socket.leave()
    t.mock.timers.tick(9_999)
    await settle()
    assert.equal(closed, 0)
    t.mock.timers.tick(1)
    await settle()
    assert.equal(closed, 1)
    assert.deepEqual(log.lines, [{ level: 'error', message: 'closing an upstream or session failed' }])
  })

  it('is freed also where its session throws when it closes', async () => {
    let closed = 0
    const { connect, log } = startScheme(() => ({
      session: () => ({
        commands,
        close: () => {
          throw new Error('careless')
        },
      }),
      close: () => void closed++,
    }))
    const { socket } = connect()
    socket.receive(read)
    await settle()
    socket.leave()
    await settle()
    assert.equal(closed, 1)
    assert.deepEqual(log.lines, [{ level: 'error', message: 'closing an upstream or session failed' }])
  })

  it('is not shared where nodes, TLS, timeouts or options differ', async () => {
    let opened = 0
    const { connect } = startScheme(() => {
      opened++
      return { session: () => ({ commands }) }
    })
    const differences = [
      {},
      { nodes: [{ host: 'b', port: 1, weight: 1 }] },
      { tls: { verify: false } },
      { tls: { verify: true } },
      { timeouts: { connectMs: 1 } },
      { options: { x: 1 } },
    ]
    for (const difference of differences) connect(difference).socket.receive(read)
    await settle()
    assert.equal(opened, differences.length)
  })

  it('that cannot be opened answers each command, and is tried again by the next', async () => {
    const Down = defineError('TEST_DOWN', { reply: 9 }, 'down')
    let tries = 0
    const { connect } = startScheme(() => {
      tries++
      if (tries < 2) throw new Down()
      return { session: () => ({ commands }) }
    })
    const { socket } = connect()
    socket.receive(read)
    await settle()
    socket.receive(read)
    await settle()
    assert.deepEqual(
      socket.sent.map(({ data }) => Object.keys(response(data))[1]),
      ['error_resp', 'read_resp'],
    )
  })

  it('that opens after its client has left is closed', async () => {
    const opening = Promise.withResolvers<void>()
    let closed = 0
    const pool = createUsagePool<{ close(): void }>(10, unexpected)
    const lease = pool.acquire('k', async () => {
      await opening.promise
      return { close: () => void closed++ }
    })
    lease.release()
    lease.release()
    opening.resolve()
    await settle()
    assert.equal(closed, 1)
    assert.equal(pool.size, 0)
  })

  it('dials under the policy of its own nodes', async () => {
    const dials: Promise<unknown>[] = []
    const { connect } = startScheme(({ dial }) => {
      dials.push(dial({ host: 'x', port: 1, timeoutMs: 1, advertised: true }))
      return { session: () => ({ commands }) }
    })
    for (const host of ['a', 'b']) connect({ nodes: [{ host, port: 1, weight: 1 }] }).socket.receive(read)
    const outcomes = await Promise.allSettled(dials)
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason)),
      ['Error: no network to x for a', 'Error: no network to x for b'],
    )
  })

  it('that the pool forgets is closed only by its last user', async () => {
    const closed: string[] = []
    const pool = createUsagePool<{ close(): void }>(1, unexpected)
    const open = (name: string) => () => Promise.resolve({ close: () => void closed.push(name) })
    const first = pool.acquire('a', open('a'))
    const second = pool.acquire('b', open('b'))
    await settle()
    assert.deepEqual(closed, [])
    first.release()
    await settle()
    assert.deepEqual(closed, ['a'])
    second.release()
    await settle()
    assert.deepEqual(closed, ['a', 'b'])
  })
})
