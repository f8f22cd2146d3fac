import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectPubSub, type PubSubClient, startGateway, type TestGateway } from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'

const SOCKETS = 500
const CHANGES = 1000
/** Writes under way at once. */
const WRITERS = 8

for (const workers of [1, 2]) {
  describe(`${SOCKETS} sockets, ${workers} worker${workers > 1 ? 's' : ''}`, () => {
    let gateway: TestGateway
    let clients: readonly PubSubClient[] = []
    const closed: number[] = []

    before(async () => {
      gateway = await startGateway({ workers })
      const shared = { plugins: {}, upstream: kafkaRoute(['127.0.0.1:1'], { uri: '/' }).upstream }
      assert.equal((await gateway.admin('PUT', '/services/shared', shared)).status, 201)
      const route = { uri: '/kept', service_id: 'shared', enable_websocket: true }
      assert.equal((await gateway.admin('PUT', '/routes/kept', route)).status, 201)
      clients = await Promise.all(Array.from({ length: SOCKETS }, () => connectPubSub(`${gateway.socketUrl}/kept`)))
      for (const client of clients)
        client.nextClose().then(
          ({ code }) => closed.push(code),
          () => {},
        )
    })
    after(async () => {
      for (const client of clients) client.terminate()
      await gateway?.stop()
    })

    /** What is written, in turn; nothing of it is what the sockets use. */
    const change = (index: number): readonly [method: string, path: string, body?: object] => {
      const id = `other-${index % 50}`
      const route = kafkaRoute([`127.0.0.1:${1 + (index % 9)}`], { uri: `/${id}` })
      const kinds = [
        ['PUT', `/routes/${id}`, route],
        ['PUT', `/upstreams/${id}`, route.upstream],
        ['PUT', `/consumers`, { username: `user-${index % 50}`, plugins: { 'key-auth': { key: `key-${index}` } } }],
        ['PUT', `/plugin_configs/${id}`, { plugins: {}, desc: `version ${index}` }],
        // Of the route itself, what is no part of how it is served.
        ['PATCH', '/routes/kept', { desc: `version ${index}`, labels: { version: String(index) } }],
        ['PATCH', '/services/shared', { desc: `version ${index}` }],
        ['DELETE', `/routes/${id}`],
      ] as const
      return kinds[index % kinds.length] ?? kinds[0]
    }

    it(`stay open while ${CHANGES} other things change`, async () => {
      let next = 0
      const write = async (): Promise<void> => {
        while (next < CHANGES) {
          const [method, path, body] = change(next++)
          const { status } = await gateway.admin(method, path, body)
          // A route may be gone already; all else is taken.
          assert.ok(
            status === 200 || status === 201 || (method === 'DELETE' && status === 404),
            `${method} ${path} ${status}`,
          )
        }
      }
      await Promise.all(Array.from({ length: WRITERS }, write))
      await Promise.all(clients.map((client) => client.ping(Buffer.from('still here'))))
      assert.deepEqual(closed, [])
    })

    it('are closed by a change of what they use', async () => {
      const all = Promise.all(clients.map((client) => client.nextClose()))
      const other = kafkaRoute(['127.0.0.1:2'], { uri: '/' }).upstream
      assert.equal((await gateway.admin('PATCH', '/services/shared', { upstream: other })).status, 200)
      assert.ok((await all).every(({ code }) => code === 1012))
    })
  })
}
