import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { JsonObject } from '@sluice/core'
import { type Scheme, spiVersion } from '@sluice/spi'
import { createFrames, type Frames } from './frames.ts'
import { type InProcessGateway, startInProcess } from './in-process-gateway.ts'
import { schemaFaults } from './schema-faults.ts'
import { openSocket } from './socket.ts'
import { until } from './until.ts'

/** What a scheme is tried with. @public */
export interface SchemeSamples {
  /** Fields of the upstream, besides `scheme`; one node, 127.0.0.1:1, and no options by default. */
  readonly upstream?: JsonObject
  /**
   * Commands by their names, in JSON (64-bit integers as decimal texts, bytes in base64), each of which is answered, with an
   * error or not. For pub/sub schemes; none by default.
   */
  readonly commands?: Readonly<Record<string, JsonObject>>
}

/**
 * Registers the tests that every scheme passes, with `node:test`: its schema, its options, and over a real WebSocket, or plain HTTP, what
 * clients may expect of each scheme, and that nothing is left when they have gone.
 * @public
 */
export function schemeContract(scheme: Scheme, samples: SchemeSamples = {}): void {
  describe(`the contract of schemes: ${scheme.name}`, () => {
    let gateway: InProcessGateway
    const upstream = { type: 'none', nodes: { '127.0.0.1:1': 1 }, ...samples.upstream, scheme: scheme.name }
    const route = { uri: '/contract', upstream }

    const start = async (): Promise<InProcessGateway> => {
      const started = await startInProcess({ schemes: [scheme] })
      started.put('/routes/1', route)
      return started
    }
    before(async () => {
      gateway = await start()
    })
    after(() => gateway.close())

    it('says what it is', () => {
      assert.equal(scheme.kind, 'scheme')
      assert.equal(scheme.spi, spiVersion)
      assert.match(scheme.name, /^[a-z][a-z0-9-]*$/)
      assert.ok(scheme.usage.length > 0, 'it tells how to connect')
    })

    it('has options that are closed and described, with defaults that fit', () => {
      assert.deepEqual(schemaFaults(scheme.options), [])
    })

    it('has an option refused that it does not have, and changes nothing', () => {
      const options = { ...Object(Reflect.get(upstream, scheme.name)), 'no-such-option': true }
      assert.throws(
        () => gateway.put('/routes/2', { uri: '/refused', upstream: { ...upstream, [scheme.name]: options } }),
        /additional properties forbidden, found no-such-option/,
      )
    })

    if (scheme.protocol === undefined) {
      registerPlain(() => gateway)
    } else {
      const frames = createFrames(scheme.protocol.descriptor)
      registerPubSub({ gateway: () => gateway, start, frames, commands: samples.commands ?? {} })
    }

    it('leaves nothing behind', async () => {
      await until('every socket is gone', () => gateway.sockets === 0)
      await until('every connection that it dialled is closed', () => gateway.dialled === 0)
      assert.equal(gateway.metrics.value('scheme_failures_total'), 0)
    })
  })
}

function registerPlain(gateway: () => InProcessGateway): void {
  it('answers plain requests, each once', async () => {
    const answers = await Promise.all(
      ['GET', 'POST', 'DELETE', 'PATCH', 'PROPFIND'].map(async (method) => {
        const response = await fetch(`${gateway().url}/contract`, {
          method,
          ...(method === 'POST' && { body: 'hello' }),
        })
        await response.arrayBuffer()
        return response.status
      }),
    )
    for (const status of answers) assert.ok(status >= 200 && status < 500, `it answered ${status}`)
  })

  it('has a WebSocket refused with 400', async () => {
    await assert.rejects(openSocket(`${gateway().socketUrl}/contract`), /400/)
  })
}

const [wrongCommand, emptyCommand, unknownCommand] = [1, 2, 3]

interface PubSubSubject {
  readonly gateway: () => InProcessGateway
  /** Starts another one with the same route. */
  readonly start: () => Promise<InProcessGateway>
  readonly frames: Frames
  readonly commands: Readonly<Record<string, JsonObject>>
}

function registerPubSub({ gateway, start, frames, commands }: PubSubSubject): void {
  const open = () => openSocket(`${gateway().socketUrl}/contract`)
  const ask = async (socket: Awaited<ReturnType<typeof open>>, request: object) => {
    socket.send(frames.encode(request))
    const answer = await socket.next()
    assert.ok('bytes' in answer, 'bytes are answered with bytes')
    return frames.decode(answer.bytes)
  }
  const askText = async (socket: Awaited<ReturnType<typeof open>>, request: object) => {
    socket.send(JSON.stringify(request))
    const answer = await socket.next()
    assert.ok('text' in answer, 'text is answered with text')
    const { sequence, ...message }: Record<string, unknown> = JSON.parse(answer.text)
    const [name = ''] = Object.keys(message)
    return { sequence, name }
  }

  it('has a plain request refused with 400', async () => {
    const response = await fetch(`${gateway().url}/contract`)
    assert.equal(response.status, 400)
    await response.arrayBuffer()
  })

  it('answers a ping with its state, in bytes and as text', async () => {
    const socket = await open()
    const state = Buffer.from('state').toString('base64')
    const answer = await ask(socket, { sequence: '9007199254740993', cmd_ping: { state } })
    assert.deepEqual([answer.name, answer.message], ['pong_resp', { state }])
    assert.deepEqual(await askText(socket, { sequence: '2', cmd_ping: { state } }), {
      sequence: '2',
      name: 'pong_resp',
    })
    await socket.close()
  })

  it('answers what is no command with an error, and keeps the socket', async () => {
    const socket = await open()
    const cases: readonly (readonly [frame: Buffer, code: number])[] = [
      [Buffer.from([0xff, 0xff, 0xff]), wrongCommand],
      [Buffer.alloc(0), emptyCommand],
      // Field 18999, which no scheme may have, as a message without a byte.
      [Buffer.from([0x08, 5, 0xba, 0xa3, 0x09, 0]), unknownCommand],
    ]
    for (const [frame, code] of cases) {
      socket.send(frame)
      const answer = await socket.next()
      assert.ok('bytes' in answer)
      const { message, name } = frames.decode(answer.bytes)
      assert.deepEqual([name, message.code], ['error_resp', code])
    }
    assert.ok(socket.isOpen)
    await socket.close()
  })

  for (const [name, message] of Object.entries(commands)) {
    it(`answers ${name} once, with its sequence, in bytes that are as protobuf has them`, async () => {
      const socket = await open()
      for (const sequence of ['1', '-7']) {
        const answer = await ask(socket, { sequence, [name]: message })
        assert.deepEqual(
          Buffer.from(answer.bytes),
          Buffer.from(answer.again),
          'an encoded answer is what a message would be',
        )
        const text = await askText(socket, { sequence, [name]: message })
        assert.deepEqual(text, { sequence, name: answer.name }, 'text and bytes are answered with the same message')
      }
      const { name: next } = await ask(socket, { sequence: '3', cmd_ping: {} })
      assert.equal(next, 'pong_resp', 'nothing else was sent')
      await socket.close()
    })

    it(`frees what ${name} needs when its client breaks off`, async () => {
      const sockets = await Promise.all([open(), open(), open()])
      for (const socket of sockets) socket.send(frames.encode({ sequence: '1', [name]: message }))
      for (const socket of sockets) socket.terminate()
      await until('the sockets are gone', () => gateway().sockets === 0)
      const socket = await open()
      assert.equal((await ask(socket, { sequence: '2', cmd_ping: {} })).name, 'pong_resp', 'others are served')
      await socket.close()
    })
  }

  it('is drained: sockets are closed with 1001', async (t) => {
    const own = await start()
    t.after(() => own.close())
    const socket = await openSocket(`${own.socketUrl}/contract`)
    await own.drain()
    assert.equal(await socket.closed, 1001)
  })
}
