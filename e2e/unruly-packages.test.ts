import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { repositoryRoot, startGateway, type TestGateway } from '@sluice/harness'
import { WebSocket } from 'ws'
import { waitFor } from './support/wait.ts'

const commands = 10_000
const sockets = 50

const ways = [
  ...[
    'right',
    'bytes',
    'bytes later',
    'throws',
    'rejects',
    'rejects with a text',
    'hangs',
    'answers twice',
    'answers late',
  ],
  ...['wrong field', 'wrong bytes', 'wrong type', 'two fields', 'a number', 'nothing'],
  ...['fails in a timer', 'forgets a promise', 'forgets a text'],
]

for (const workers of [1, 2]) {
  describe(`a scheme that does what none should, ${workers} worker${workers > 1 ? 's' : ''}`, () => {
    let gateway: TestGateway

    before(async () => {
      const file = join(repositoryRoot, 'e2e/support/unruly-scheme/index.ts')
      const config = `schemes: [{ name: unruly, package: ${JSON.stringify(file)} }]`
      gateway = await startGateway({ config, workers, logLevel: 'info' })
      const upstream = { scheme: 'unruly', type: 'none', nodes: { '127.0.0.1:1': 1 } }
      assert.equal((await gateway.admin('PUT', '/routes/1', { uri: '/unruly', upstream })).status, 201)
    })
    after(() => gateway?.stop())

    const connect = async () => {
      const socket = new WebSocket(`${gateway.socketUrl}/unruly`)
      await once(socket, 'open')
      return socket
    }
    const pids = () => gateway.log.filter((line) => /"level":"fatal"|a worker ended/.test(line))

    it(`has each of ${commands} commands answered once`, async () => {
      const each = commands / sockets
      const counts = await Promise.all(
        Array.from({ length: sockets }, async (_, which) => {
          const socket = await connect()
          const answered = new Map<string, number>()
          const all = Promise.withResolvers<void>()
          socket.on('message', (data) => {
            const { sequence }: { sequence: string } = JSON.parse(String(data))
            answered.set(sequence, (answered.get(sequence) ?? 0) + 1)
            if (answered.size === each) all.resolve()
          })
          socket.on('close', (code) => all.reject(new Error(`a socket was closed with ${code}`)))
          for (let i = 1; i <= each; i++) {
            const line = ways[(which * each + i * 7) % ways.length]
            socket.send(JSON.stringify({ sequence: String(i), cmd_line_send: { line } }))
          }
          await all.promise
          socket.removeAllListeners('close')
          // What would be sent once more comes before the answer to this.
          socket.send(JSON.stringify({ sequence: '0', cmd_ping: {} }))
          await once(socket, 'message')
          socket.close()
          answered.delete('0')
          return [...answered.values()]
        }),
      )
      assert.equal(counts.flat().length, commands)
      assert.ok(counts.flat().every((count) => count === 1))
    })

    it('leaves nothing behind, and the process alive', async () => {
      await waitFor(
        'all sockets to be gone',
        () => gateway.metric('sluice_connections'),
        (open) => open === 0,
      )
      assert.deepEqual(pids(), [])
      for (let socket = 0; socket < 4; socket++) {
        const client = await connect()
        await waitFor(
          'all bytes to be released',
          async () => {
            client.send(JSON.stringify({ cmd_line_send: { line: 'balance' } }))
            const [data] = await once(client, 'message')
            return JSON.parse(String(data)).line_send_resp.line
          },
          (balance) => balance === '0',
        )
        client.close()
      }
    })

    it('is counted, and named in the log', async () => {
      assert.ok((await gateway.metric('sluice_scheme_failures_total{scheme="unruly"}')) > commands / ways.length)
      const lines = gateway.log.map((line): Record<string, unknown> => JSON.parse(line))
      const caught = lines.filter(({ msg }) => msg === 'a command failed unexpectedly')
      assert.ok(caught.length > 0 && caught.every(({ scheme }) => scheme === 'unruly'))
      const uncaught = lines.filter(({ msg }) => msg === 'nothing caught an error of a package of the configuration')
      assert.ok(uncaught.length > 0 && uncaught.every(({ scheme, package: name }) => scheme === 'unruly' && name))
    })
  })
}
